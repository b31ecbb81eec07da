import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Keyring } from '../../src/keys/keys.ts'
import type { PasswordHasher } from '../../src/passwords/passwords.ts'
import { sampleSecret } from '../../test/support/sample-config.ts'
import type { Argon2 } from './argon2.ts'
import { argon2 as fallbackArgon2 } from './argon2-fallback.ts'
import { argon2 as fastArgon2 } from './argon2-fast.ts'
import { hashingThreads, openHashing } from './hashing.ts'

const random = { token: (bytes: number) => randomBytes(bytes).toString('base64url'), uuid: () => randomUUID() }
const oldPepper = sampleSecret('p1')
const newPepper = sampleSecret('p2')
const home = { address: '203.0.113.7', account: 'lan' }

let hasher: PasswordHasher
beforeAll(async () => {
  hasher = await openHashing({ peppers: [oldPepper], threads: 1, random })
})
afterAll(() => hasher.close())

/** Runs `work` on a hasher of its own. */
async function withHasher<T>(
  { peppers = [oldPepper], ...options }: { peppers?: Keyring; queueMax?: number; fallback?: boolean },
  work: (hasher: PasswordHasher) => Promise<T>,
): Promise<T> {
  const own = await openHashing({ peppers, threads: 1, random, ...options })
  try {
    return await work(own)
  } finally {
    await own.close()
  }
}

test('a hash names its pepper, is argon2id with the parameters of today, and is salted', async () => {
  const [one, other] = await Promise.all([hasher.hash('plum blossom', home), hasher.hash('plum blossom', home)])
  expect(one).toMatch(/^p1:\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  expect(other).not.toBe(one)
})

test('a hash verifies its password and no other', async () => {
  const encoded = await hasher.hash('plum blossom', home)
  expect(await hasher.verify(encoded, 'plum blossom', home)).toBe(true)
  expect(await hasher.verify(encoded, 'plum blosso', home)).toBe(false)
  expect(await hasher.verify(encoded, '', home)).toBe(false)
})

test('nobody knows the password of the decoy, and it costs what a real hash costs', async () => {
  expect(await hasher.verify(hasher.decoy, 'decoy', home)).toBe(false)
  expect(hasher.isOutdated(hasher.decoy)).toBe(false)
})

test('an older pepper still verifies and is outdated; without it nothing can be verified', async () => {
  const encoded = await hasher.hash('plum blossom', home)
  expect(hasher.isOutdated(encoded)).toBe(false)
  await withHasher({ peppers: [newPepper, oldPepper] }, async (later) => {
    expect(await later.verify(encoded, 'plum blossom', home)).toBe(true)
    expect(later.isOutdated(encoded)).toBe(true)
    expect(await later.hash('plum blossom', home)).toMatch(/^p2:/)
  })
  await withHasher({ peppers: [newPepper] }, async (later) => {
    await expect(later.verify(encoded, 'plum blossom', home)).rejects.toThrow('no pepper is called "p1"')
  })
})

test('without the right pepper the right password does not verify', async () => {
  const encoded = await hasher.hash('plum blossom', home)
  await withHasher({ peppers: [sampleSecret('p1')] }, async (thief) => {
    expect(await thief.verify(encoded, 'plum blossom', home)).toBe(false)
  })
})

test.each([
  ['less memory', '$argon2id$v=19$m=19455,t=2,p=1$', true],
  ['fewer passes', '$argon2id$v=19$m=19456,t=1,p=1$', true],
  ['another algorithm', '$argon2i$v=19$m=19456,t=2,p=1$', true],
  ['an older version', '$argon2id$v=16$m=19456,t=2,p=1$', true],
  ['the parameters of today', '$argon2id$v=19$m=19456,t=2,p=1$', false],
  ['the same in another order', '$argon2id$v=19$m=19456,p=1,t=2$', false],
  ['more memory, passes and lanes', '$argon2id$v=19$m=65536,t=3,p=4$', false],
])('whether a hash with %s is outdated', (_what, start, isOutdated) => {
  expect(hasher.isOutdated(`p1:${start}${'A'.repeat(22)}$${'A'.repeat(43)}`)).toBe(isOutdated)
})

test('what is not a hash is outdated, and verifying it fails loudly without killing the thread', async () => {
  expect(hasher.isOutdated('p1:nonsense')).toBe(true)
  expect(hasher.isOutdated('')).toBe(true)
  await expect(hasher.verify('p1:nonsense', 'plum blossom', home)).rejects.toThrow('hashing failed')
  expect(await hasher.verify(hasher.decoy, 'plum blossom', home)).toBe(false)
})

test('both implementations agree, with pepper, in twenty random cases each way', async () => {
  const peppers = { right: randomBytes(32), wrong: randomBytes(32) }
  const agree = async (writer: Argon2, reader: Argon2) => {
    const password = randomBytes(randomInt(1, 200)).toString(randomInt(2) ? 'base64' : 'latin1')
    const phc = await writer.hash(password, peppers.right)
    expect(await reader.verify(phc, password, peppers.right)).toBe(true)
    expect(await reader.verify(phc, `${password}x`, peppers.right)).toBe(false)
    expect(await reader.verify(phc, password, peppers.wrong)).toBe(false)
  }
  for (let round = 0; round < 20; round++) {
    await agree(fastArgon2, fallbackArgon2)
    await agree(fallbackArgon2, fastArgon2)
  }
}, 30_000)

test('the fallback takes over and gives back without anybody noticing', async () => {
  const before = await hasher.hash('plum blossom', home)
  const during = await withHasher({ fallback: true }, async (fallback) => {
    expect(await fallback.verify(before, 'plum blossom', home)).toBe(true)
    expect(fallback.isOutdated(before)).toBe(false)
    return fallback.hash('plum blossom', home)
  })
  expect(hasher.isOutdated(during)).toBe(false)
  expect(await hasher.verify(during, 'plum blossom', home)).toBe(true)
})

test('a full queue sheds at once and says until when; a flood from one address leaves room for others', async () => {
  await withHasher({ queueMax: 4 }, async (small) => {
    const flood = Array.from({ length: 20 }, () =>
      small.verify(small.decoy, 'guess', { address: 'flood', account: 'x' }),
    )
    const settled = Promise.allSettled(flood)
    expect(await small.verify(small.decoy, 'plum blossom', home)).toBe(false)
    const shed = (await settled).filter((one) => one.status === 'rejected')
    // One in the thread and four in the queue were taken in; then the newcomer took the place of one of them.
    expect(shed).toHaveLength(16)
    for (const { reason } of shed) expect(reason).toMatchObject({ unavailable: 'hashing', retryAfterSeconds: 2 })
  })
})

test('hashing leaves the event loop and libuv’s pool free', async () => {
  let isHashing = true
  const hashes = Promise.all(Array.from({ length: 12 }, () => hasher.hash('plum blossom', home))).finally(() => {
    isHashing = false
  })
  let signatures = 0
  const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  while (isHashing) {
    await crypto.subtle.sign('HMAC', key, new Uint8Array(100))
    signatures++
  }
  await hashes
  expect(signatures).toBeGreaterThan(24)
})

test('closing finishes what was taken in and takes in nothing more', async () => {
  const own = await openHashing({ peppers: [oldPepper], threads: 2, random })
  const waiting = Promise.all(Array.from({ length: 8 }, () => own.hash('plum blossom', home)))
  const closed = own.close()
  await expect(own.hash('too late', home)).rejects.toMatchObject({ unavailable: 'hashing' })
  await closed
  expect(await waiting).toHaveLength(8)
})

test.each([
  [8, 1, 8],
  [8, 8, 1],
  [8, 3, 2],
  [2, 4, 1],
])('%i cores among %i processes make %i threads each', (cores, workers, threads) => {
  expect(hashingThreads(cores, workers)).toBe(threads)
})
