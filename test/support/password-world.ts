/** Three invented people, whose password is known, on stores in memory: for tests of checking passwords. */
import type { KnownDevice } from '../../src/devices/devices.ts'
import { type PasswordAttempt, passwordCredential } from '../../src/passwords/passwords.ts'
import type { NewPerson, PersonState } from '../../src/people/people.ts'
import { memoryAudit, memoryCounters, memoryCredentials, memoryPeople } from './memory-stores.ts'
import { plainHasher } from './plain-hasher.ts'
import { sampleConfig } from './sample-config.ts'
import { sampleKeyrings } from './sample-keyrings.ts'

/** The password of both who have one. */
export const right = 'plum blossom in the snow'
export const byLan: PasswordAttempt = {
  login: '202407010101',
  password: right,
  address: '203.0.113.7',
  device: null,
  clientId: 'demo-portal',
  request: 'r1',
}
export const lansLaptop: KnownDevice = { id: 'laptop', knows: (personId) => personId === 'lan' }

function person(id: string, number: string, state: PersonState = 'active'): NewPerson {
  const identity = { id: `${id}-1`, number, type: 'undergraduate', organisation: null, isPrimary: true }
  const validFrom = new Date('2024-09-01T00:00:00Z')
  return { id, name: '吴兰', state, identities: [{ ...identity, validFrom, validTo: null }], aliases: [id] }
}

export async function passwordWorld() {
  let now = Date.parse('2026-09-01T00:00:00Z')
  const people = memoryPeople([
    person('lan', '202407010101'),
    person('suspended', '202407010102', 'suspended'),
    person('pending', '202407010103', 'pending'),
  ])
  const credentials = memoryCredentials(people)
  const hasher = plainHasher()
  for (const id of ['lan', 'suspended']) {
    await credentials.put(passwordCredential, id, { hash: await hasher.hash(right, { address: '', account: '' }) })
  }
  const counters = memoryCounters(() => new Date(now))
  const { audit, events } = memoryAudit()
  const pass = (seconds: number) => {
    now += seconds * 1_000
  }
  const keyrings = sampleKeyrings()
  const needs = { config: sampleConfig(), keyrings, people, credentials, hasher, audit, expiring: counters.expiring }
  return { ...needs, needs, counters, events, pass }
}

export function down(unavailable: string): Error {
  return Object.assign(new Error('no answer'), { unavailable, retryAfterSeconds: 2 })
}
