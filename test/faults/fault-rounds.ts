/** Rounds of one fault under load: a seed chooses, the history is checked when all are over. */
import { randomInt } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import type { Fault } from '../support/history.ts'
import { check, type Verdict } from '../support/history-checker.ts'
import { createRandom, type Random } from '../support/random.ts'
import type { FaultWorld } from './fault-world.ts'
import { startLoad } from './load.ts'

/** Milliseconds that an answer may take, whatever is broken. */
const WAIT_MAX = 1_000

/** So many that two cores still hash passwords within their time while all else goes on. */
const ACTORS = 6

/** After each fault, so many of those who have just left try again what is over. */
const TRIED = 30

const seconds = (least: number, most: number, random: Random) => pause(random.between(least * 1_000, most * 1_000))

/** While the load goes on: that much of it, and nothing that could be waited for, is what is wanted. */
export const letRun = (milliseconds: number): Promise<void> => pause(milliseconds)

export interface Rounds {
  name: string
  world: FaultWorld
  /** Breaks something, mends it, and answers when. */
  breakOnce(random: Random, round: number): Promise<Omit<Fault, 'entry'>>
  /** After each fault, until the next. */
  calmSeconds: readonly [number, number]
}

/** `FAULT_ROUNDS` or as many as fit into a check of every change; `FAULT_SEED` to see the same choices again. */
export const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 2)
export const SEED = Number(process.env['FAULT_SEED'] ?? randomInt(1_000_000))

export async function runRounds({ name, world, breakOnce, calmSeconds: [least, most] }: Rounds): Promise<Verdict> {
  const random = createRandom(SEED)
  const load = startLoad(world, random.fork(), { actors: ACTORS })
  await seconds(2, 3, random)
  for (let round = 0; round < ROUNDS; round++) {
    const fault = await breakOnce(random, round)
    world.recorder.add({ entry: 'fault', ...fault })
    await load.tryTheLatest(TRIED)
    await seconds(least, most, random)
  }
  await load.stop()
  await lookForPromises(world)
  const verdict = check(world.recorder.entries(), { waitMax: WAIT_MAX })
  report(name, verdict)
  return verdict
}

/** The audit rows that were promised: each names its event and its request. */
async function lookForPromises({ installation, recorder }: FaultWorld): Promise<void> {
  const client = new Client({ connectionString: installation.environment['DATABASE_URL'] })
  await client.connect()
  try {
    const { rows } = await client.query<{ event: string; request: string }>(
      "SELECT event, request FROM audit_events WHERE request IS NOT NULL AND result = 'success'",
    )
    const names = rows.map(({ event, request }) => `audit:${event}:${request}`)
    recorder.add({ entry: 'found', prefix: 'audit:', names })
  } finally {
    await client.end()
  }
}

/** For `npm run faults`, which ends with a table of all. */
function report(name: string, verdict: Verdict): void {
  const folder = process.env['FAULT_HISTORIES']
  if (folder === undefined) return
  writeFileSync(`${folder}/${name}.verdict.json`, JSON.stringify({ name, seed: SEED, ...verdict }))
}
