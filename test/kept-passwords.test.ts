/** From what is typed to the hash and back, with the real hashing: no password is cut or confused with another. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { openHashing } from '../adapters/hashing/hashing.ts'
import type { Stores } from '../src/campus.ts'
import {
  checkPassword,
  PASSWORD_LENGTH_MAX,
  PASSWORD_LENGTH_MIN,
  type PasswordHasher,
  setPassword,
} from '../src/passwords/passwords.ts'
import { memoryNotBefore } from './support/memory-stores.ts'
import { byLan, passwordWorld } from './support/password-world.ts'
import { sampleSecret } from './support/sample-config.ts'

let hasher: PasswordHasher
beforeAll(async () => {
  const random = { token: () => 'the decoy', uuid: () => 'uuid' }
  hasher = await openHashing({ peppers: [sampleSecret('p1')], threads: 1, random })
})
afterAll(() => hasher.close())

/** All of Unicode that is text, in every length that is allowed. */
const anyPassword = fc
  .string({ unit: 'binary', minLength: PASSWORD_LENGTH_MIN, maxLength: PASSWORD_LENGTH_MAX, size: 'max' })
  .filter((password) => {
    const length = Array.from(password.normalize('NFC')).length
    return password.isWellFormed() && length >= PASSWORD_LENGTH_MIN && length <= PASSWORD_LENGTH_MAX
  })

test('every password is kept to its last character', async () => {
  await fc.assert(
    fc.asyncProperty(anyPassword, async (password) => {
      const needs = { ...(await passwordWorld()).needs, hasher, clock: () => new Date('2026-09-01T00:00:00Z') }
      const stores = { ...needs, ...memoryNotBefore() } as unknown as Stores
      const transaction = <Result>(work: (within: Stores) => Promise<Result>) => work(stores)
      const check = async (typed: string) => (await checkPassword(needs, { ...byLan, password: typed })).kind

      const given = {
        personId: 'lan',
        password,
        actor: 'operator:root',
        endSessions: false,
        address: null,
        request: null,
      }
      const outcome = await setPassword({ ...needs, transaction }, given)
      fc.pre(outcome.kind === 'set')
      expect(await check(password)).toBe('right')
      expect(await check(password.normalize('NFD'))).toBe('right')
      expect(await check(Array.from(password.normalize('NFC')).slice(0, -1).join(''))).toBe('wrong')
      expect(await check(`${password}x`)).toBe('wrong')
    }),
    { numRuns: 25 },
  )
}, 60_000)
