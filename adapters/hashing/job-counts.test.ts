import { randomBytes, randomUUID } from 'node:crypto'
import { afterEach, expect, test } from '@jest/globals'
import type { PasswordHasher } from '../../src/passwords/passwords.ts'
import { recordedMetrics } from '../../test/support/recorded-metrics.ts'
import { sampleSecret } from '../../test/support/sample-config.ts'
import { openHashing } from './hashing.ts'

const random = { token: (bytes: number) => randomBytes(bytes).toString('base64url'), uuid: () => randomUUID() }
const home = { address: '203.0.113.7', account: 'lan' }

let hasher: PasswordHasher
afterEach(() => hasher.close())

async function open({ queueMax = 10 } = {}) {
  const recorded = recordedMetrics()
  hasher = await openHashing({ peppers: [sampleSecret('p1')], threads: 1, random, queueMax, ...recorded })
  return recorded
}

test('each hash is counted, with the time that it waited and the time that it took', async () => {
  const { total, observed } = await open()
  await hasher.verify(hasher.decoy, 'plum blossom', home)
  expect(total('campus_hashing_jobs_total', { kind: 'verify', result: 'done' })).toBe(1)
  // The first is that of the decoy.
  expect(total('campus_hashing_jobs_total', { kind: 'hash', result: 'done' })).toBe(1)
  expect(observed.map(({ name, labels }) => ({ name, ...labels }))).toEqual([
    { name: 'campus_hashing_wait_seconds' },
    { name: 'campus_hashing_duration_seconds', kind: 'hash' },
    { name: 'campus_hashing_wait_seconds' },
    { name: 'campus_hashing_duration_seconds', kind: 'verify' },
  ])
  for (const { value } of observed) expect(value).toBeGreaterThanOrEqual(0)
})

test('what runs and what waits can be seen, and what finds no place is counted as shed', async () => {
  const { total, reading } = await open({ queueMax: 2 })
  const asked = Array.from({ length: 5 }, () => hasher.verify(hasher.decoy, 'plum blossom', home))
  const settled = Promise.allSettled(asked)
  expect(reading('campus_hashing_running')).toBe(1)
  expect([reading('campus_hashing_waiting'), reading('campus_hashing_waiting_max')]).toEqual([2, 2])
  expect(total('campus_hashing_jobs_total', { kind: 'verify', result: 'shed' })).toBe(2)
  await settled
  expect([reading('campus_hashing_running'), reading('campus_hashing_waiting')]).toEqual([0, 0])
  expect(total('campus_hashing_jobs_total', { kind: 'verify', result: 'done' })).toBe(3)
})
