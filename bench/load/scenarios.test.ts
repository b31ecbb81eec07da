/** What the generator sends, answered by the baseline as it is measured: that of Campus ID is checked by each run. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startBaseline } from '../machines/baseline.ts'
import type { MeasuredServer } from '../machines/measured-server.ts'
import { openConnection } from './connection.ts'
import { personsBrowser } from './flows.ts'
import { closedLoop, type LoopTools } from './loops.ts'
import { type Prepared, type ScenarioName, type Surroundings, scenarios } from './scenarios.ts'

let folder: string
let baseline: MeasuredServer
let around: Surroundings
let tools: LoopTools

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'campus-id-bench-'))
  baseline = await startBaseline({ folder, cores: null })
  const { target } = baseline
  let people = 0
  around = {
    target,
    slots: 2,
    open: () => openConnection(target),
    nextPerson: () => people++,
    nextBrowser: () => personsBrowser(target, people),
  }
  tools = { open: around.open, now: () => performance.now(), pause: async () => undefined }
})

afterAll(async () => {
  await baseline?.stop()
  rmSync(folder, { recursive: true })
})

test.each(Object.keys(scenarios) as ScenarioName[])('%s succeeds every time', async (name) => {
  const { step, restock }: Prepared = await scenarios[name](around)
  await restock?.(10)
  const { done, faults } = await closedLoop(step, { slots: 2, seconds: 30, times: 10 }, tools)
  expect({ done, faults }).toEqual({ done: 10, faults: {} })
})

test('codes that have run out are a fault, and no code is used twice', async () => {
  const { step, restock } = await scenarios['code-es256'](around)
  await restock?.(4)
  const { done, faults } = await closedLoop(step, { slots: 2, seconds: 30, times: 10 }, tools)
  expect(done).toBeGreaterThanOrEqual(4)
  expect(faults).toEqual({ 'no code left': 10 - done })
})
