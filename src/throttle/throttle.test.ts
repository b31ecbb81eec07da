import { expect, test } from '@jest/globals'
import { memoryCounters, memoryCredentials, memoryPeople } from '../../test/support/memory-stores.ts'
import { sampleConfig } from '../../test/support/sample-config.ts'
import type { KnownDevice } from '../devices/devices.ts'
import {
  type Attempt,
  CAPS,
  CONSECUTIVE_FAILURES_MAX,
  giveBackAttempt,
  queueLine,
  takeAttempt,
  takeLastingTry,
  type Verdict,
  type WorkProof,
} from './throttle.ts'

const kind = { name: 'password', parse: () => ({}) }
const lansLaptop: KnownDevice = { id: 'laptop', knows: (personId) => personId === 'lan' }
const byStranger: Attempt = {
  verifier: 'password',
  account: '202407010101',
  personId: 'lan',
  address: '203.0.113.7',
  device: null,
}
const byLan: Attempt = { ...byStranger, device: lansLaptop }

function world() {
  let now = Date.parse('2026-09-01T00:00:00Z')
  const counters = memoryCounters(() => new Date(now))
  const config = sampleConfig({ campusNetworks: ['10.20.0.0/16'] })
  const pass = (seconds: number) => {
    now += seconds * 1_000
  }
  return { config, expiring: counters.expiring, counters, pass }
}

/** Tries one after the other; how many were let through, and the last answer. */
async function tries(count: number, needs: ReturnType<typeof world>, attempt: (index: number) => Attempt) {
  let allowed = 0
  let last: Verdict = { allowed: true }
  for (let index = 0; index < count; index++) {
    last = await takeAttempt(needs, attempt(index))
    if (last.allowed) allowed++
  }
  return { allowed, last }
}

/** Strangers from as many addresses as tries. */
const elsewhere = (index: number): Attempt => ({ ...byStranger, address: `198.51.${index >> 8}.${index & 255}` })

test('strangers get ten tries at an account, from however many addresses, until the window ends', async () => {
  const needs = world()
  const { allowed, last } = await tries(50, needs, elsewhere)
  expect(allowed).toBe(10)
  expect(last).toEqual({ allowed: false, reason: 'account_cap', retryAfterSeconds: 900, workHelps: false })
  needs.pass(899)
  expect(await takeAttempt(needs, byStranger)).toMatchObject({ allowed: false, retryAfterSeconds: 1 })
  needs.pass(1)
  expect(await takeAttempt(needs, byStranger)).toEqual({ allowed: true })
})

test('of 1,000 tries side by side ten go on', async () => {
  const needs = world()
  const verdicts = await Promise.all(Array.from({ length: 1_000 }, (_, index) => takeAttempt(needs, elsewhere(index))))
  expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(10)
})

test('number and alias of one person share one budget', async () => {
  const needs = world()
  const { allowed } = await tries(20, needs, (index) => ({
    ...elsewhere(index),
    account: index % 2 ? 'lan' : '202407010101',
  }))
  expect(allowed).toBe(10)
})

test('a login that nobody has uses up the same window as one that somebody has', async () => {
  const needs = world()
  const { allowed, last } = await tries(20, needs, (index) => ({ ...elsewhere(index), personId: null }))
  expect(allowed).toBe(10)
  expect(last).toEqual({ allowed: false, reason: 'account_cap', retryAfterSeconds: 900, workHelps: false })
})

test('10,000 wrong guesses, also at her own address, do not keep a person from her known device', async () => {
  const needs = world()
  await tries(5_000, needs, elsewhere)
  await tries(5_000, needs, () => byStranger)
  expect(await takeAttempt(needs, byLan)).toEqual({ allowed: true })
})

test('a known device has ten tries of its own, and uses up nobody else’s', async () => {
  const needs = world()
  expect((await tries(11, needs, () => byLan)).last).toMatchObject({ allowed: false, reason: 'device_cap' })
  expect(await takeAttempt(needs, byStranger)).toEqual({ allowed: true })
})

test('a device that knows somebody else is a stranger’s', async () => {
  const needs = world()
  const attempt = (index: number) => ({ ...elsewhere(index), personId: 'qiang', device: lansLaptop })
  expect((await tries(11, needs, attempt)).last).toMatchObject({ allowed: false, reason: 'account_cap' })
  expect(await takeAttempt(needs, { ...byLan, personId: null })).toEqual({ allowed: true })
})

test('one address that goes through many accounts is stopped after sixty, an IPv6 one with its whole /64', async () => {
  const needs = world()
  const spray = (address: (index: number) => string) =>
    tries(200, needs, (index) => ({ ...byStranger, personId: `p${index}`, address: address(index) }))
  const v4 = await spray((index) => (index % 2 ? '203.0.113.7' : '::ffff:203.0.113.7'))
  expect(v4).toMatchObject({ allowed: 60, last: { reason: 'address_cap', workHelps: false } })
  expect((await spray((index) => `2001:db8::${index.toString(16)}`)).allowed).toBe(60)
})

test('addresses that cannot be read are counted together', async () => {
  const needs = world()
  const { allowed } = await tries(100, needs, (index) => ({
    ...byStranger,
    personId: `p${index}`,
    address: `?${index}`,
  }))
  expect(allowed).toBe(CAPS.address_cap.triesMax)
})

test('a busy campus network is let through with a proof of work, and without one told when to come back', async () => {
  const needs = world()
  const fromCampus = (index: number): Attempt => ({ ...byStranger, personId: `p${index}`, address: '10.20.3.4' })
  const { allowed, last } = await tries(CAPS.network_cap.triesMax + 1, needs, fromCampus)
  expect(allowed).toBe(CAPS.network_cap.triesMax)
  expect(last).toEqual({ allowed: false, reason: 'network_cap', retryAfterSeconds: 300, workHelps: true })

  const work: WorkProof = {
    demand: async (account) => `task for ${account}`,
    check: async (account, solution) => solution === `task for ${account}`,
  }
  const solution = await work.demand('p0')
  const workProven = await work.check('p0', solution)
  expect(await takeAttempt(needs, { ...fromCampus(0), workProven })).toEqual({ allowed: true })
})

test('a proof of work lifts the cap of a campus network and no other', async () => {
  const needs = world()
  const attempt = { ...byStranger, address: '10.20.3.4', workProven: true }
  expect((await tries(11, needs, () => attempt)).last).toMatchObject({ reason: 'account_cap', workHelps: false })
  const fromHome = (index: number) => ({ ...byStranger, personId: `p${index}`, workProven: true })
  expect((await tries(100, needs, fromHome)).last).toMatchObject({ reason: 'address_cap' })
})

test('a try that turned out right is given back, and only that one', async () => {
  const needs = world()
  await tries(9, needs, () => byStranger)
  for (let again = 0; again < 100; again++) {
    expect(await takeAttempt(needs, byStranger)).toEqual({ allowed: true })
    await giveBackAttempt(needs, byStranger)
  }
  expect((await tries(5, needs, () => byStranger)).allowed).toBe(1)
})

test('signing in as oneself does not clear what an address has guessed at others', async () => {
  const needs = world()
  const spray = (index: number) => ({ ...byStranger, personId: `p${index}` })
  expect((await tries(60, needs, spray)).allowed).toBe(60)
  const mallory = { ...byStranger, personId: 'mallory' }
  await takeAttempt(needs, mallory)
  await giveBackAttempt(needs, mallory)
  expect((await tries(60, needs, spray)).allowed).toBe(0)
})

test('verifiers have budgets of their own for an account, and one for an address', async () => {
  const needs = world()
  await tries(10, needs, () => byStranger)
  const sms = { ...byStranger, verifier: 'sms-code' }
  expect(await takeAttempt(needs, sms)).toEqual({ allowed: true })
  expect((await tries(100, needs, (index) => ({ ...sms, personId: `p${index}` }))).allowed).toBe(49)
})

test('when the counters cannot be reached nothing is allowed', async () => {
  const down = Object.assign(new Error('no answer'), { unavailable: 'redis', retryAfterSeconds: 1 })
  const needs = { ...world(), expiring: { ...world().expiring, count: () => Promise.reject(down) } }
  await expect(takeAttempt(needs, byStranger)).rejects.toBe(down)
})

test('the names of the counters say neither who nor from where', async () => {
  const needs = world()
  await takeAttempt(needs, byStranger)
  await takeAttempt(needs, byLan)
  await takeAttempt(needs, { ...byStranger, personId: null })
  const names = needs.counters.keys()
  expect(names).toHaveLength(4)
  for (const name of names) expect(name).toMatch(/^throttle:(password-account|password-device|address):[\w-]{43}$/)
})

test('the 101st consecutive failure is never compared, also after the counters were lost', async () => {
  const people = memoryPeople([{ id: 'lan', name: '吴兰', state: 'active', identities: [], aliases: ['lan'] }])
  const needs = { credentials: memoryCredentials(people), counters: world().counters }
  const stranger = { kind, personId: 'lan', device: null }
  for (let failure = 1; failure <= CONSECUTIVE_FAILURES_MAX; failure++) {
    expect(await takeLastingTry(needs, stranger)).toBe(true)
  }
  needs.counters.wipe()
  expect(await takeLastingTry(needs, stranger)).toBe(false)
  expect(await takeLastingTry(needs, { ...stranger, device: { id: 'other', knows: () => false } })).toBe(false)
  expect(await takeLastingTry(needs, { ...stranger, device: lansLaptop })).toBe(true)
  await needs.credentials.forgetFailures(kind, 'lan')
  expect(await takeLastingTry(needs, stranger)).toBe(true)
})

test('the queue has a line for each known device, each account of a campus network, and each other address', () => {
  const needs = world()
  const line = (attempt: Attempt) => queueLine(needs, attempt).address
  expect(line(byStranger)).toBe('203.0.113.7')
  expect(line({ ...byStranger, personId: 'qiang' })).toBe('203.0.113.7')
  expect(line(byLan)).not.toBe(line(byStranger))
  const fromCampus = { ...byStranger, address: '10.20.3.4' }
  expect(line(fromCampus)).not.toBe(line({ ...fromCampus, personId: 'qiang' }))
  expect(line(fromCampus)).toBe(line({ ...fromCampus, account: 'lan' }))
})
