import { expect, test } from '@jest/globals'
import { byLan, down, lansLaptop, passwordWorld } from '../../test/support/password-world.ts'
import { CONSECUTIVE_FAILURES_MAX } from '../throttle/throttle.ts'
import { checkPassword, passwordCredential } from './passwords.ts'

/** From another address each time, and after the window of the last has ended. */
async function failTimes(count: number, { needs, pass }: Awaited<ReturnType<typeof passwordWorld>>) {
  for (let failure = 0; failure < count; failure++) {
    pass(900)
    await checkPassword(needs, { ...byLan, password: `guess ${failure}` })
  }
}

/** Tries at Lan while the hashing queue is full, from as many addresses. */
async function shedTimes(count: number, { needs, hasher }: Awaited<ReturnType<typeof passwordWorld>>) {
  const full = { ...needs, hasher: { ...hasher, verify: () => Promise.reject(down('hashing')) } }
  for (let index = 0; index < count; index++) {
    const attempt = checkPassword(full, { ...byLan, address: `198.51.${index >> 8}.${index & 255}` })
    await expect(attempt).rejects.toMatchObject({ unavailable: 'hashing' })
  }
}

test('however many tries a full hashing queue has ended, the right password is right', async () => {
  const campus = await passwordWorld()
  await shedTimes(2 * CONSECUTIVE_FAILURES_MAX, campus)
  expect(await checkPassword(campus.needs, byLan)).toMatchObject({ kind: 'right' })
  await failTimes(CONSECUTIVE_FAILURES_MAX - 1, campus)
  campus.pass(900)
  await shedTimes(20, campus)
  expect(await checkPassword(campus.needs, byLan)).toMatchObject({ kind: 'right' })
})

test('a full hashing queue gives nobody a guess more', async () => {
  const campus = await passwordWorld()
  await failTimes(CONSECUTIVE_FAILURES_MAX, campus)
  campus.pass(900)
  await shedTimes(10, campus)
  expect(await checkPassword(campus.needs, byLan)).toEqual({ kind: 'wrong' })
  expect(campus.events.at(-1)).toMatchObject({ reason: 'too_many_failures' })
})

test('what is not a full queue but a fault of ours keeps the try: something may have been compared', async () => {
  const { needs, hasher, credentials } = await passwordWorld()
  const broken = { ...needs, hasher: { ...hasher, verify: () => Promise.reject(new Error('a bug')) } }
  await expect(checkPassword(broken, byLan)).rejects.toThrow('a bug')
  expect(await credentials.takeTry(passwordCredential, 'lan', 'unknown', CONSECUTIVE_FAILURES_MAX)).toBe(2)
})

test('a flood that finds the hashing queue full is stopped by its address', async () => {
  const { needs, hasher } = await passwordWorld()
  const full = { ...needs, hasher: { ...hasher, verify: () => Promise.reject(down('hashing')) } }
  for (let again = 0; again < 60; again++) await expect(checkPassword(full, byLan)).rejects.toThrow()
  expect(await checkPassword(full, byLan)).toMatchObject({ kind: 'throttled', retryAfterSeconds: 300 })
})

test('a cap that is reached is one audit row in its window, however many tries follow', async () => {
  const { needs, events, pass } = await passwordWorld()
  const reasons = () => events.splice(0).map(({ reason }) => reason)
  const guess = () => checkPassword(needs, { ...byLan, password: 'guess' })
  for (let again = 0; again < 500; again++) await guess()
  expect(reasons()).toEqual([...Array(10).fill('wrong_password'), 'too_many_tries'])
  pass(900)
  await Promise.all(Array.from({ length: 50 }, guess))
  expect(reasons().filter((reason) => reason === 'too_many_tries')).toHaveLength(1)
})

test('the row of a reached cap is awaited like every other', async () => {
  const { needs, audit } = await passwordWorld()
  for (let again = 0; again < 10; again++) await checkPassword(needs, { ...byLan, password: 'guess' })
  const silent = { ...needs, audit: { ...audit, record: () => Promise.reject(down('postgres')) } }
  await expect(checkPassword(silent, byLan)).rejects.toMatchObject({ unavailable: 'postgres' })
})

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
