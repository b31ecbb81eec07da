import { expect, test } from '@jest/globals'
import { byLan, lansLaptop, passwordWorld } from '../../test/support/password-world.ts'
import { CONSECUTIVE_FAILURES_MAX } from '../throttle/throttle.ts'
import { checkPassword } from './passwords.ts'

/** From another address each time, and after the window of the last has ended. */
async function failTimes(count: number, { needs, pass }: Awaited<ReturnType<typeof passwordWorld>>) {
  for (let failure = 0; failure < count; failure++) {
    pass(900)
    await checkPassword(needs, { ...byLan, password: `guess ${failure}` })
  }
}
test('guesses at an account that nobody has count against nobody', async () => {
  const { needs, pass } = await passwordWorld()
  for (let guess = 0; guess <= CONSECUTIVE_FAILURES_MAX; guess++) {
    pass(900)
    expect(await checkPassword(needs, { ...byLan, login: '209907010101' })).toEqual({ kind: 'wrong' })
  }
  expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'right' })
})

test('after ten wrong guesses by strangers nothing is compared, until the window ends', async () => {
  const { needs, hasher, events, pass } = await passwordWorld()
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
  const { needs, hasher } = await passwordWorld()
  const guess = (index: number) =>
    checkPassword(needs, { ...byLan, password: `guess ${index}`, address: `198.51.${index >> 8}.${index & 255}` })
  await Promise.all(Array.from({ length: 1_000 }, (_, index) => guess(index)))
  expect(hasher.verified).toHaveLength(10)
})

test('the owner of a known device signs in while strangers are guessing', async () => {
  const { needs } = await passwordWorld()
  for (let guess = 0; guess < 200; guess++) await checkPassword(needs, { ...byLan, password: `guess ${guess}` })
  expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'throttled' })
  expect(await checkPassword(needs, { ...byLan, device: lansLaptop })).toEqual({ kind: 'right', personId: 'lan' })
})

test('right passwords use up no tries, so a busy address stays open', async () => {
  const { needs } = await passwordWorld()
  for (let again = 0; again < 100; again++) expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'right' })
})

test('the 101st consecutive failure is never compared, even with the counters lost, and looks as usual', async () => {
  const campus = await passwordWorld()
  const { needs, hasher, counters, events } = campus
  await failTimes(CONSECUTIVE_FAILURES_MAX, campus)
  counters.wipe()
  expect(await checkPassword(needs, byLan)).toEqual({ kind: 'wrong' })
  expect(hasher.verified.at(-1)).toBe(hasher.decoy)
  expect(hasher.verified.filter((hash) => hash !== hasher.decoy)).toHaveLength(CONSECUTIVE_FAILURES_MAX)
  expect(events.at(-1)).toMatchObject({ reason: 'too_many_failures', subject: 'person:lan' })
})

test('a success forgets the failures, and one from a known device opens the account to new ones again', async () => {
  const campus = await passwordWorld()
  const { needs } = campus
  await failTimes(CONSECUTIVE_FAILURES_MAX - 1, campus)
  expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'right' })
  await failTimes(CONSECUTIVE_FAILURES_MAX, campus)
  expect(await checkPassword(needs, { ...byLan, device: lansLaptop })).toMatchObject({ kind: 'right' })
  campus.pass(900)
  expect(await checkPassword(needs, byLan)).toMatchObject({ kind: 'right' })
})
