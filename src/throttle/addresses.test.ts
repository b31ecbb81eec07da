import { expect, test } from '@jest/globals'
import { byStranger, elsewhere, throttleWorld, tries } from '../../test/support/throttle-world.ts'
import { type Attempt, CAPS, takeAttempt, type WorkProof } from './throttle.ts'

test('one address that goes through many accounts is stopped after sixty, an IPv6 one with its whole /64', async () => {
  const needs = throttleWorld()
  const spray = (address: (index: number) => string) =>
    tries(200, needs, (index) => ({ ...byStranger, personId: `p${index}`, address: address(index) }))
  const v4 = await spray((index) => (index % 2 ? '203.0.113.7' : '::ffff:203.0.113.7'))
  expect(v4).toMatchObject({ allowed: 60, last: { reason: 'address_cap', workHelps: false } })
  expect((await spray((index) => `2001:db8::${index.toString(16)}`)).allowed).toBe(60)
})

test('who holds many IPv6 networks has the budget of three or ten households, not one for each', async () => {
  const from = (address: (index: number) => string) =>
    tries(800, throttleWorld(), (index) => ({ ...byStranger, personId: `p${index}`, address: address(index) }))
  const within56 = await from((index) => `2001:db8:1:${(0x2300 + (index % 256)).toString(16)}::1`)
  expect(within56).toMatchObject({ allowed: 180, last: { reason: 'address_cap', retryAfterSeconds: 300 } })
  const within48 = await from((index) => `2001:db8:1:${((index % 256) * 256).toString(16)}::1`)
  expect(within48).toMatchObject({ allowed: 600, last: { reason: 'address_cap' } })
})

test('one household of an IPv6 provider cannot use up what its neighbours share with it', async () => {
  const needs = throttleWorld()
  const from = (address: string) => (index: number) => ({ ...byStranger, personId: `${address} ${index}`, address })
  expect((await tries(1_000, needs, from('2001:db8:1:2301::1'))).allowed).toBe(60)
  expect((await tries(100, needs, from('2001:db8:1:2302::1'))).allowed).toBe(60)
})

test('guesses at one account shut out nobody else behind the same address', async () => {
  const needs = throttleWorld()
  expect((await tries(200, needs, () => byStranger)).last).toMatchObject({ reason: 'account_cap' })
  const neighbours = (index: number) => ({ ...byStranger, personId: `p${index}` })
  expect((await tries(60, needs, neighbours)).allowed).toBe(50)
})

test('an address that is shut out uses up nobody’s tries, one after the other or side by side', async () => {
  const needs = throttleWorld()
  await tries(60, needs, (index) => ({ ...byStranger, personId: `p${index}` }))
  expect((await tries(200, needs, () => byStranger)).last).toMatchObject({ reason: 'address_cap' })
  await Promise.all(Array.from({ length: 200 }, () => takeAttempt(needs, byStranger)))
  expect((await tries(20, needs, elsewhere)).allowed).toBe(10)
})

test('addresses that cannot be read are counted together', async () => {
  const needs = throttleWorld()
  const { allowed } = await tries(100, needs, (index) => ({
    ...byStranger,
    personId: `p${index}`,
    address: `?${index}`,
  }))
  expect(allowed).toBe(CAPS.address_cap.triesMax)
})

test('a busy campus network is let through with a proof of work, and without one told when to come back', async () => {
  const needs = throttleWorld()
  const fromCampus = (index: number): Attempt => ({ ...byStranger, personId: `p${index}`, address: '10.20.3.4' })
  const { allowed, last } = await tries(CAPS.network_cap.triesMax + 1, needs, fromCampus)
  expect(allowed).toBe(CAPS.network_cap.triesMax)
  expect(last).toMatchObject({ reason: 'network_cap', retryAfterSeconds: 300, workHelps: true })

  const work: WorkProof = {
    demand: async (account) => `task for ${account}`,
    check: async (account, solution) => solution === `task for ${account}`,
  }
  const solution = await work.demand('p0')
  const workProven = await work.check('p0', solution)
  expect(await takeAttempt(needs, { ...fromCampus(0), workProven })).toEqual({ allowed: true })
})

test('a proof of work lifts the cap of a campus network and no other', async () => {
  const needs = throttleWorld()
  const attempt = { ...byStranger, address: '10.20.3.4', workProven: true }
  expect((await tries(11, needs, () => attempt)).last).toMatchObject({ reason: 'account_cap', workHelps: false })
  const fromHome = (index: number) => ({ ...byStranger, personId: `p${index}`, workProven: true })
  expect((await tries(100, needs, fromHome)).last).toMatchObject({ reason: 'address_cap' })
})
