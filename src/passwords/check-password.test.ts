import { expect, test } from '@jest/globals'
import { memoryAudit, memoryCounters, memoryCredentials, memoryPeople } from '../../test/support/memory-stores.ts'
import { plainHasher } from '../../test/support/plain-hasher.ts'
import { sampleConfig } from '../../test/support/sample-config.ts'
import type { KnownDevice } from '../devices/devices.ts'
import type { NewPerson, PersonState } from '../people/people.ts'
import { CONSECUTIVE_FAILURES_MAX } from '../throttle/throttle.ts'
import { checkPassword, type PasswordAttempt, passwordCredential } from './passwords.ts'

const right = 'plum blossom in the snow'
const byLan: PasswordAttempt = {
  login: '202407010101',
  password: right,
  address: '203.0.113.7',
  device: null,
  clientId: 'demo-portal',
  request: 'r1',
}
const lansLaptop: KnownDevice = { id: 'laptop', knows: (personId) => personId === 'lan' }

function person(id: string, number: string, state: PersonState = 'active'): NewPerson {
  const identity = { id: `${id}-1`, number, type: 'undergraduate', organisation: null, isPrimary: true }
  const validFrom = new Date('2024-09-01T00:00:00Z')
  return { id, name: '吴兰', state, identities: [{ ...identity, validFrom, validTo: null }], aliases: [id] }
}

async function world() {
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
  const needs = { config: sampleConfig(), people, credentials, hasher, audit, expiring: counters.expiring }
  return { ...needs, needs, counters, events, pass }
}

/** From another address each time, and after the window of the last has ended. */
async function failTimes(count: number, { needs, pass }: Awaited<ReturnType<typeof world>>) {
  for (let failure = 0; failure < count; failure++) {
    pass(900)
    await checkPassword(needs, { ...byLan, password: `guess ${failure}` })
  }
}

test.each([
  ['number', '202407010101'],
  ['number in full-width digits', '２０２４０７０１０１０１'],
  ['alias', ' LAN '],
])('a right password says whose it is, by %s', async (_what, login) => {
  const { needs } = await world()
  expect(await checkPassword(needs, { ...byLan, login })).toEqual({ kind: 'right', personId: 'lan' })
})

test('a suspended person who proves the password is told so later, by whoever completes the sign-in', async () => {
  const { needs } = await world()
  const outcome = await checkPassword(needs, { ...byLan, login: 'suspended' })
  expect(outcome).toEqual({ kind: 'right', personId: 'suspended' })
})

const notRight: [string, Partial<PasswordAttempt>, string][] = [
  ['a wrong password', { password: 'plum blossom in the sno' }, 'wrong_password'],
  ['an empty password', { password: '' }, 'wrong_password'],
  ['a password with an end that others would cut off', { password: `${right}${'x'.repeat(300)}` }, 'wrong_password'],
  ['a very long password', { password: 'x'.repeat(16_000) }, 'wrong_password'],
  ['a password that is no text', { password: '\ud800' }, 'wrong_password'],
  ['an account that nobody has', { login: '209907010101' }, 'unknown_account'],
  ['no account at all', { login: ' ' }, 'unknown_account'],
  ['a wrong password for a suspended person', { login: 'suspended', password: 'guess' }, 'wrong_password'],
  ['a person who has no password yet', { login: 'pending' }, 'no_password'],
]

test.each(notRight)('%s is wrong, and the audit alone knows why', async (_what, changes, reason) => {
  const { needs, events } = await world()
  expect(await checkPassword(needs, { ...byLan, ...changes })).toEqual({ kind: 'wrong' })
  expect(events).toHaveLength(1)
  expect(events[0]).toMatchObject({
    event: 'sign-in.refused',
    result: 'refused',
    reason,
    client: 'demo-portal',
    address: '203.0.113.7',
    request: 'r1',
  })
})

/** The names of all calls to a port, in order, that one attempt makes. */
async function costOf(changes: Partial<PasswordAttempt>): Promise<string[]> {
  const { needs } = await world()
  const calls: string[] = []
  const watch = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          calls.push(String(name))
          return value.apply(target, given)
        }
      },
    })
  const { people, credentials, hasher, audit, expiring } = needs
  await checkPassword(
    {
      config: needs.config,
      people: watch(people),
      credentials: watch(credentials),
      hasher: watch(hasher),
      audit: watch(audit),
      expiring: watch(expiring),
    },
    { ...byLan, ...changes },
  )
  return calls
}

test('whatever is wrong costs the same questions and one hash', async () => {
  const expected = ['findByLogin', 'count', 'count', 'find', 'takeTry', 'verify', 'record']
  for (const [, changes] of notRight) expect(await costOf(changes)).toEqual(expected)
})

test('the audit row of an unknown account carries a keyed hash of it and not the text, which may be a password', async () => {
  const { needs, events } = await world()
  await checkPassword(needs, { ...byLan, login: 'oops my password' })
  await checkPassword(needs, { ...byLan, login: 'oopsmypassword' })
  expect(JSON.stringify(events)).not.toContain('oops')
  expect(events[0]?.subject).toBeUndefined()
  expect(events[0]?.details?.['fingerprint']).toMatch(/^[\w-]{43}$/)
  expect(events[0]?.details).toEqual(events[1]?.details)
  await checkPassword(needs, { ...byLan, login: 'lan', password: 'guess' })
  expect(events[2]).toMatchObject({ subject: 'person:lan', details: { method: 'password' } })
  expect(events[2]?.details).not.toHaveProperty('fingerprint')
})

test('é is one password, however the keyboard spells it; full-width digits are other characters', async () => {
  const { needs, credentials, hasher } = await world()
  const hash = await hasher.hash('café blossom 1'.normalize('NFC'), { address: '', account: '' })
  await credentials.put(passwordCredential, 'lan', { hash })
  const kind = async (password: string) => (await checkPassword(needs, { ...byLan, password })).kind
  expect(await kind('cafe\u0301 blossom 1')).toBe('right')
  expect(await kind('café blossom 1')).toBe('right')
  expect(await kind('café blossom １')).toBe('wrong')
})

test('after ten wrong guesses by strangers nothing is compared, until the window ends', async () => {
  const { needs, hasher, events, pass } = await world()
  for (let guess = 0; guess < 10; guess++) await checkPassword(needs, { ...byLan, password: `guess ${guess}` })
  const compared = hasher.verified.length
  const throttled = { kind: 'throttled', retryAfterSeconds: 900, workHelps: false }
  expect(await checkPassword(needs, byLan)).toEqual(throttled)
  expect(await checkPassword(needs, { ...byLan, login: 'lan', address: '198.51.100.1' })).toEqual(throttled)
  expect(hasher.verified).toHaveLength(compared)
  expect(events.at(-1)).toMatchObject({ reason: 'too_many_tries', details: { cap: 'account_cap' } })
  pass(900)
  expect(await checkPassword(needs, byLan)).toEqual({ kind: 'right', personId: 'lan' })
})

test('of 1,000 guesses side by side at most ten are compared', async () => {
  const { needs, hasher } = await world()
  const guess = (index: number) =>
    checkPassword(needs, { ...byLan, password: `guess ${index}`, address: `198.51.${index >> 8}.${index & 255}` })
  await Promise.all(Array.from({ length: 1_000 }, (_, index) => guess(index)))
  expect(hasher.verified).toHaveLength(10)
})

test('the owner of a known device signs in while strangers are guessing', async () => {
  const { needs } = await world()
  for (let guess = 0; guess < 200; guess++) await checkPassword(needs, { ...byLan, password: `guess ${guess}` })
  expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'throttled' })
  expect(await checkPassword(needs, { ...byLan, device: lansLaptop })).toEqual({ kind: 'right', personId: 'lan' })
})

test('right passwords use up no tries, so a busy address stays open', async () => {
  const { needs } = await world()
  for (let again = 0; again < 100; again++) expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'right' })
})

test('the 101st consecutive failure is never compared, also after the counters were lost, and looks like any other', async () => {
  const campus = await world()
  const { needs, hasher, counters, events } = campus
  await failTimes(CONSECUTIVE_FAILURES_MAX, campus)
  counters.wipe()
  expect(await checkPassword(needs, byLan)).toEqual({ kind: 'wrong' })
  expect(hasher.verified.at(-1)).toBe(hasher.decoy)
  expect(hasher.verified.filter((hash) => hash !== hasher.decoy)).toHaveLength(CONSECUTIVE_FAILURES_MAX)
  expect(events.at(-1)).toMatchObject({ reason: 'too_many_failures', subject: 'person:lan' })
})

test('a success forgets the failures, and one from a known device opens the account to new ones again', async () => {
  const campus = await world()
  const { needs } = campus
  await failTimes(CONSECUTIVE_FAILURES_MAX - 1, campus)
  expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'right' })
  await failTimes(CONSECUTIVE_FAILURES_MAX, campus)
  expect(await checkPassword(needs, { ...byLan, device: lansLaptop })).toMatchObject({ kind: 'right' })
  campus.pass(900)
  expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'right' })
})

test('an outdated hash is made anew at the next sign-in, and never over a password that has changed meanwhile', async () => {
  const { needs, credentials, hasher } = await world()
  const outdated = { hash: `old:${right}` }
  await credentials.put(passwordCredential, 'lan', outdated)
  expect(await checkPassword(needs, { ...byLan, password: 'guess' })).toEqual({ kind: 'wrong' })
  expect(await credentials.find(passwordCredential, 'lan')).toEqual(outdated)
  expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'right' })
  expect(await credentials.find(passwordCredential, 'lan')).toEqual({ hash: `new:${right}` })

  await credentials.put(passwordCredential, 'lan', outdated)
  const changed = { hash: 'new:changed by its owner' }
  const slow = {
    ...hasher,
    async hash(password: string) {
      await credentials.put(passwordCredential, 'lan', changed)
      return `new:${password}`
    },
  }
  expect(await checkPassword({ ...needs, hasher: slow }, byLan)).toMatchObject({ kind: 'right' })
  expect(await credentials.find(passwordCredential, 'lan')).toEqual(changed)
})

const down = (unavailable: string) => Object.assign(new Error('no answer'), { unavailable, retryAfterSeconds: 2 })

test('a full hashing queue keeps nobody out who was right already: the hash is renewed another time', async () => {
  const { needs, credentials, hasher } = await world()
  await credentials.put(passwordCredential, 'lan', { hash: `old:${right}` })
  const full = { ...hasher, hash: () => Promise.reject(down('hashing')) }
  expect(await checkPassword({ ...needs, hasher: full }, byLan)).toMatchObject({ kind: 'right' })
  expect(await credentials.find(passwordCredential, 'lan')).toEqual({ hash: `old:${right}` })
  const broken = { ...hasher, hash: () => Promise.reject(new Error('a bug')) }
  await expect(checkPassword({ ...needs, hasher: broken }, byLan)).rejects.toThrow('a bug')
})

test('a full hashing queue is passed on, and uses up no tries', async () => {
  const { needs, hasher } = await world()
  const full = { ...hasher, verify: () => Promise.reject(down('hashing')) }
  for (let again = 0; again < 30; again++) {
    await expect(checkPassword({ ...needs, hasher: full }, byLan)).rejects.toMatchObject({ unavailable: 'hashing' })
  }
  expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'right' })
})

test.each([
  ['the counters', 'redis', { expiring: { count: () => Promise.reject(down('redis')) } }],
  ['the people', 'postgres', { people: { findByLogin: () => Promise.reject(down('postgres')) } }],
  ['the credentials', 'postgres', { credentials: { find: () => Promise.reject(down('postgres')) } }],
  ['the lasting count', 'postgres', { credentials: { takeTry: () => Promise.reject(down('postgres')) } }],
  [
    'the forgetting of failures',
    'postgres',
    { credentials: { forgetFailures: () => Promise.reject(down('postgres')) } },
  ],
])('nobody gets in while %s cannot be reached', async (_what, unavailable, failing: Record<string, object>) => {
  const { needs } = await world()
  const broken = Object.fromEntries(
    Object.entries(needs).map(([name, port]) => [name, { ...port, ...failing[name] }]),
  ) as typeof needs
  await expect(checkPassword(broken, byLan)).rejects.toMatchObject({ unavailable })
})

test('a refusal that cannot be written down is not answered', async () => {
  const { needs, audit } = await world()
  const silent = { ...needs, audit: { ...audit, record: () => Promise.reject(down('postgres')) } }
  await expect(checkPassword(silent, { ...byLan, password: 'guess' })).rejects.toMatchObject({
    unavailable: 'postgres',
  })
})

test('the queue is told for whom it hashes: a device of the person’s does not wait behind its address', async () => {
  const { needs, hasher } = await world()
  await checkPassword(needs, byLan)
  await checkPassword(needs, { ...byLan, device: lansLaptop })
  expect(hasher.lines).toEqual([
    { address: '203.0.113.7', account: 'lan' },
    { address: 'device laptop', account: 'lan' },
  ])
})
