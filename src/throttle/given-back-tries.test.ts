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
import {
  type Attempt,
  CAPS,
  CONSECUTIVE_FAILURES_MAX,
  giveBackAttempt,
  giveBackLastingTry,
  giveBackShedAttempt,
  takeAttempt,
  takeLastingTry,
} from './throttle.ts'

test('a try that turned out right is given back, and only that one', async () => {
  const needs = throttleWorld()
  await tries(9, needs, () => byStranger)
  for (let again = 0; again < 100; again++) {
    expect(await takeAttempt(needs, byStranger)).toEqual({ allowed: true })
    await giveBackAttempt(needs, byStranger)
  }
  expect((await tries(5, needs, () => byStranger)).allowed).toBe(1)
})

test('a try that is given back after its window has ended is none in the next', async () => {
  const needs = throttleWorld()
  await tries(5, needs, () => byStranger)
  needs.pass(900)
  for (let again = 0; again < 5; again++) await giveBackAttempt(needs, byStranger)
  expect((await tries(20, needs, () => byStranger)).allowed).toBe(10)
})

test('what an overload of ours has ended is held against the address, and against nobody whom it named', async () => {
  const needs = throttleWorld()
  const shed = async (attempt: Attempt) => {
    const verdict = await takeAttempt(needs, attempt)
    if (verdict.allowed) await giveBackShedAttempt(needs, attempt)
    return verdict
  }
  for (let again = 0; again < 60; again++) expect(await shed(byStranger)).toEqual({ allowed: true })
  expect(await shed(byStranger)).toMatchObject({ reason: 'address_cap' })
  for (let again = 0; again < 60; again++) expect(await shed(byLan)).toEqual({ allowed: true })
  expect((await tries(20, needs, elsewhere)).allowed).toBe(10)

  const fromCampus = { ...byStranger, personId: 'qiang', address: '10.20.3.4' }
  for (let again = 0; again < CAPS.network_cap.triesMax; again++) await shed(fromCampus)
  expect(await shed(fromCampus)).toEqual({ allowed: true })
})

test('signing in as oneself does not clear what an address has guessed at others', async () => {
  const needs = throttleWorld()
  const spray = (index: number) => ({ ...byStranger, personId: `p${index}` })
  expect((await tries(60, needs, spray)).allowed).toBe(60)
  const mallory = { ...byStranger, personId: 'mallory' }
  await takeAttempt(needs, mallory)
  await giveBackAttempt(needs, mallory)
  expect((await tries(60, needs, spray)).allowed).toBe(0)
})

test('the last of the lasting tries can be given back, on the device that took it', async () => {
  const people = memoryPeople([{ id: 'lan', name: '吴兰', state: 'active', identities: [], aliases: ['lan'] }])
  const needs = { credentials: memoryCredentials(people) }
  const stranger = { kind, personId: 'lan', device: null }
  const own = { ...stranger, device: lansLaptop }
  for (let failure = 1; failure <= CONSECUTIVE_FAILURES_MAX; failure++) await takeLastingTry(needs, stranger)
  await giveBackLastingTry(needs, own)
  expect(await takeLastingTry(needs, stranger)).toBe(false)
  await giveBackLastingTry(needs, stranger)
  expect(await takeLastingTry(needs, stranger)).toBe(true)
  expect(await takeLastingTry(needs, stranger)).toBe(false)
})
