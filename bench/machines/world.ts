/** Everything that is measured, started when it is first asked for and stopped at the end. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBaseline } from './baseline.ts'
import { type CampusOfBench, type MeasuredCampus, prepareCampus, startCampus } from './campus.ts'
import type { Cores } from './cores.ts'
import { type HashingLimit, startHashingLimit } from './hashing-limit.ts'
import type { MeasuredServer } from './measured-server.ts'
import { openStoreRoom, type Stores } from './stores.ts'

export interface World {
  baseline(): Promise<MeasuredServer>
  /** The product but for its password hash, to be compared with a baseline that has none. */
  withoutHash(): Promise<MeasuredCampus>
  /** The product as it is. */
  complete(): Promise<MeasuredCampus>
  hashingLimit(): Promise<HashingLimit>
  /** On which both stand. */
  campus(): Promise<CampusOfBench>
  /** An installation apart, with so many people, on stores of its own. */
  another(options: { people: number }): Promise<{ campus: CampusOfBench; stores: Stores }>
  folder: string
}

/** Enough to sign in another for a while, few enough that all of them have signed in before anything is measured. */
const PEOPLE = 2_000

export async function openWorld(cores: Cores, stack: AsyncDisposableStack): Promise<World> {
  const stop = (started: { stop(): Promise<void> }) => started.stop()
  const folder = mkdtempSync(join(tmpdir(), 'campus-id-bench-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const room = once(async () => stack.adopt(await openStoreRoom({ cores: cores.others }), stop))

  async function another(options: { people: number }) {
    const stores = await (await room()).fresh()
    const campus = await prepareCampus(stores, options)
    stack.defer(() => campus.installation.remove())
    return { campus, stores }
  }

  const campus = once(async () => (await another({ people: PEOPLE })).campus)
  const start = (name: string, withHash: boolean) =>
    once(async () => stack.adopt(await startCampus(await campus(), { name, cores: cores.server, withHash }), stop))
  return {
    baseline: once(async () => stack.adopt(await startBaseline({ folder, cores: cores.server }), stop)),
    withoutHash: start('without-hash', false),
    complete: start('complete', true),
    hashingLimit: once(async () => stack.adopt(await startHashingLimit({ cores: cores.server }), stop)),
    campus,
    another,
    folder,
  }
}

function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | null = null
  return () => {
    made ??= make()
    return made
  }
}
