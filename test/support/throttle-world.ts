/** Tries at a person, by strangers and by a device of theirs: for tests of counting. */
import type { KnownDevice } from '../../src/devices/devices.ts'
import { type Attempt, takeAttempt, type Verdict } from '../../src/throttle/throttle.ts'
import { memoryCounters } from './memory-stores.ts'
import { sampleConfig } from './sample-config.ts'
import { sampleKeyrings } from './sample-keyrings.ts'

export const kind = { name: 'password', parse: () => ({}) }
export const lansLaptop: KnownDevice = { id: 'laptop', knows: (personId) => personId === 'lan' }
export const byStranger: Attempt = {
  verifier: 'password',
  account: '202407010101',
  personId: 'lan',
  address: '203.0.113.7',
  device: null,
}
export const byLan: Attempt = { ...byStranger, device: lansLaptop }

export function throttleWorld() {
  let now = Date.parse('2026-09-01T00:00:00Z')
  const counters = memoryCounters(() => new Date(now))
  const config = sampleConfig({ campusNetworks: ['10.20.0.0/16'] })
  const pass = (seconds: number) => {
    now += seconds * 1_000
  }
  return { config, keyrings: sampleKeyrings(), expiring: counters.expiring, counters, pass }
}

/** Tries one after the other; how many were let through, and the last answer. */
export async function tries(
  count: number,
  needs: ReturnType<typeof throttleWorld>,
  attempt: (index: number) => Attempt,
) {
  let allowed = 0
  let last: Verdict = { allowed: true }
  for (let index = 0; index < count; index++) {
    last = await takeAttempt(needs, attempt(index))
    if (last.allowed) allowed++
  }
  return { allowed, last }
}

/** Strangers from as many addresses as tries. */
export const elsewhere = (index: number): Attempt => ({ ...byStranger, address: `198.51.${index >> 8}.${index & 255}` })
