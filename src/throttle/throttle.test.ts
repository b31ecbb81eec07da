import { expect, test } from '@jest/globals'
import { memoryCredentials, memoryPeople } from '../../test/support/memory-stores.ts'
import {
  byLan,
  byStranger,
  elsewhere,
  kind,
  lansLaptop,
  throttleWorld,
  tries,
} from '../../test/support/throttle-world.ts'
import { type Attempt, CONSECUTIVE_FAILURES_MAX, queueLine, takeAttempt, takeLastingTry } from './throttle.ts'

test('strangers get ten tries at an account, from however many addresses, until the window ends', async () => {
  const needs = throttleWorld()
  const { allowed, last } = await tries(50, needs, elsewhere)
  expect(allowed).toBe(10)
  expect(last).toMatchObject({ reason: 'account_cap', retryAfterSeconds: 900, workHelps: false })
  needs.pass(899)
  expect(await takeAttempt(needs, byStranger)).toMatchObject({ allowed: false, retryAfterSeconds: 1 })
  needs.pass(1)
  expect(await takeAttempt(needs, byStranger)).toEqual({ allowed: true })
})

test('of 1,000 tries side by side ten go on', async () => {
  const needs = throttleWorld()
  const verdicts = await Promise.all(Array.from({ length: 1_000 }, (_, index) => takeAttempt(needs, elsewhere(index))))
  expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(10)
})

test('number and alias of one person share one budget', async () => {
  const needs = throttleWorld()
  const { allowed } = await tries(20, needs, (index) => ({
    ...elsewhere(index),
    account: index % 2 ? 'lan' : '202407010101',
  }))
  expect(allowed).toBe(10)
})

test('a login that nobody has uses up the same window as one that somebody has', async () => {
  const needs = throttleWorld()
  const { allowed, last } = await tries(20, needs, (index) => ({ ...elsewhere(index), personId: null }))
  expect(allowed).toBe(10)
  expect(last).toMatchObject({ reason: 'account_cap', retryAfterSeconds: 900, workHelps: false })
})

test('10,000 wrong guesses, also at her own address, do not keep a person from her known device', async () => {
  const needs = throttleWorld()
  await tries(5_000, needs, elsewhere)
  await tries(5_000, needs, () => byStranger)
  expect(await takeAttempt(needs, byLan)).toEqual({ allowed: true })
})

test('a known device has ten tries of its own, and uses up nobody else’s', async () => {
  const needs = throttleWorld()
  expect((await tries(11, needs, () => byLan)).last).toMatchObject({ allowed: false, reason: 'device_cap' })
  expect(await takeAttempt(needs, byStranger)).toEqual({ allowed: true })
})

test('a device that knows somebody else is a stranger’s', async () => {
  const needs = throttleWorld()
  const attempt = (index: number) => ({ ...elsewhere(index), personId: 'qiang', device: lansLaptop })
  expect((await tries(11, needs, attempt)).last).toMatchObject({ allowed: false, reason: 'account_cap' })
  expect(await takeAttempt(needs, { ...byLan, personId: null })).toEqual({ allowed: true })
})

test('the first refusal of a window says that it is', async () => {
  const needs = throttleWorld()
  const firsts = async (attempt: (index: number) => Attempt) => {
    const verdicts = await Promise.all(Array.from({ length: 100 }, (_, index) => takeAttempt(needs, attempt(index))))
    return verdicts.flatMap((verdict) => (verdict.allowed || !verdict.isFirst ? [] : [verdict.reason]))
  }
  expect(await firsts(elsewhere)).toEqual(['account_cap'])
  expect(await firsts(() => byLan)).toEqual(['device_cap'])
  expect(await firsts((index) => ({ ...byStranger, personId: `p${index}` }))).toEqual(['address_cap'])
  expect(await firsts(elsewhere)).toEqual([])
  needs.pass(900)
  expect(await firsts(elsewhere)).toEqual(['account_cap'])
})

test('verifiers have budgets of their own for an account, and one for an address', async () => {
  const needs = throttleWorld()
  await tries(10, needs, () => byStranger)
  const sms = { ...byStranger, verifier: 'sms-code' }
  expect(await takeAttempt(needs, sms)).toEqual({ allowed: true })
  expect((await tries(100, needs, (index) => ({ ...sms, personId: `p${index}` }))).allowed).toBe(49)
})

test('when the counters cannot be reached nothing is allowed', async () => {
  const down = Object.assign(new Error('no answer'), { unavailable: 'redis', retryAfterSeconds: 1 })
  const needs = { ...throttleWorld(), expiring: { ...throttleWorld().expiring, countAll: () => Promise.reject(down) } }
  await expect(takeAttempt(needs, byStranger)).rejects.toBe(down)
})

test('the names of the counters say neither who nor from where', async () => {
  const needs = throttleWorld()
  await takeAttempt(needs, byStranger)
  await takeAttempt(needs, byLan)
  await takeAttempt(needs, { ...byStranger, personId: null })
  const names = needs.counters.keys()
  expect(names).toHaveLength(4)
  for (const name of names) expect(name).toMatch(/^throttle:(password-account|password-device|address):[\w-]{43}$/)
})

test('the 101st consecutive failure is never compared, also after the counters were lost', async () => {
  const people = memoryPeople([{ id: 'lan', name: '吴兰', state: 'active', identities: [], aliases: ['lan'] }])
  const needs = { credentials: memoryCredentials(people), counters: throttleWorld().counters }
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
  const needs = throttleWorld()
  const line = (attempt: Attempt) => queueLine(needs, attempt).address
  expect(line(byStranger)).toBe('203.0.113.7')
  expect(line({ ...byStranger, personId: 'qiang' })).toBe('203.0.113.7')
  expect(line(byLan)).not.toBe(line(byStranger))
  const fromCampus = { ...byStranger, address: '10.20.3.4' }
  expect(line(fromCampus)).not.toBe(line({ ...fromCampus, personId: 'qiang' }))
  expect(line(fromCampus)).toBe(line({ ...fromCampus, account: 'lan' }))
})
