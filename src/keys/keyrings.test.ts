import { describe, expect, test } from '@jest/globals'
import { CompactSign, compactVerify, importJWK } from 'jose'
import { keyWorld } from '../../test/support/key-world.ts'
import { sampleSecret } from '../../test/support/sample-config.ts'
import {
  ANNOUNCED_SECONDS,
  announceKey,
  COOKIE_KEY_KEPT_SECONDS,
  createFingerprint,
  keyRotation,
  openKeyrings,
  resealKeys,
} from './keys.ts'

const actor = 'operator:wang'
const ids = (ring: readonly { id: string }[]) => ring.map(({ id }) => id)

describe('the keys', () => {
  test('are made at the first start, one for each purpose, and are the same ever after', async () => {
    const { needs } = keyWorld()
    const first = await openKeyrings(needs)
    const again = await openKeyrings(needs)
    const algorithms = first.signing()[0]?.keys.map(({ alg }) => alg)
    expect(algorithms?.toSorted()).toEqual(['ES256', 'RS256'])
    expect(again.signing()[0]?.keys).toEqual(first.signing()[0]?.keys)
    expect(again.cookies()).toEqual(first.cookies())
    const fingerprint = first.fingerprint('visits', 'lan')
    expect(again.fingerprint('visits', 'lan')).toBe(fingerprint)
    expect(first.cookies()[0].value).toHaveLength(32)
    expect(createFingerprint(first.cookies)('visits', 'lan')).not.toBe(fingerprint)
    expect(await needs.keys.list()).toHaveLength(4)
  })

  test('are the same for two servers that start first at one moment', async () => {
    const { needs } = keyWorld()
    const [one, other] = await Promise.all([openKeyrings(needs), openKeyrings(needs)])
    expect(one.cookies()).toEqual(other.cookies())
    expect(one.signing()[0]?.keys).toEqual(other.signing()[0]?.keys)
  })

  test('sign what their public half verifies', async () => {
    const { needs, pick } = keyWorld()
    for (const key of (await openKeyrings(needs)).signing()[0]?.keys ?? []) {
      const text = new TextEncoder().encode('hello')
      const signed = await new CompactSign(text).setProtectedHeader({ alg: key.alg }).sign(key)
      const { publicJwk } = (await pick(key.kid)) ?? {}
      const { payload } = await compactVerify(signed, await importJWK(publicJwk ?? {}, key.alg))
      expect(payload).toEqual(text)
    }
  })

  test('keep what is secret out of the rows', async () => {
    const { needs } = keyWorld()
    const keyrings = await openKeyrings(needs)
    const secrets = [
      ...(keyrings.signing()[0]?.keys ?? []).map(({ d }) => d ?? 'missing'),
      Buffer.from(keyrings.cookies()[0].value),
    ]
    for (const { publicJwk, sealed } of await needs.keys.list()) {
      expect(publicJwk ?? {}).not.toHaveProperty('d')
      for (const secret of secrets) expect(Buffer.from(sealed).includes(secret)).toBe(false)
    }
  })
})

describe('a change of cookie keys', () => {
  test('is learned by every process, and at its time, without another look, put to use by all of them', async () => {
    const { needs, ahead, pass } = keyWorld({ keyRotationDays: 0, cookieKeyRotationDays: 0 })
    const one = await openKeyrings(needs)
    const late = await openKeyrings(ahead(-3))
    const [before] = ids(one.cookies())
    const { key } = await announceKey(needs, { purpose: 'cookies', actor })
    expect(ids(one.cookies())).toEqual([before])
    await needs.changes.refresh()
    expect([ids(one.cookies()), ids(late.cookies())]).toEqual([
      [before, key.id],
      [before, key.id],
    ])
    pass(ANNOUNCED_SECONDS)
    // The one whose clock is behind changes over later, and knows the new key meanwhile.
    expect([ids(one.cookies()), ids(late.cookies())]).toEqual([
      [key.id, before],
      [before, key.id],
    ])
    pass(3)
    expect(ids(late.cookies())).toEqual([key.id, before])
    pass(COOKIE_KEY_KEPT_SECONDS)
    await keyRotation(needs).run({ mayGoOn: async () => true })
    await needs.changes.refresh()
    expect(ids(one.cookies())).toEqual([key.id])
  })

  test('leaves the fingerprints as they are', async () => {
    const { needs, pass } = keyWorld()
    const keyrings = await openKeyrings(needs)
    const before = keyrings.fingerprint('visits', 'lan')
    await announceKey(needs, { purpose: 'cookies', actor })
    await needs.changes.refresh()
    pass(ANNOUNCED_SECONDS)
    expect(keyrings.fingerprint('visits', 'lan')).toBe(before)
  })
})

test('whoever follows the signing keys prepares for what is to come before it comes, until it ends', async () => {
  const { needs } = keyWorld()
  const keyrings = await openKeyrings(needs)
  const seen: [prepared: number, present: number][] = []
  const end = keyrings.whenSigningKeysChange(async (phases) => {
    await new Promise((resolve) => setImmediate(resolve))
    seen.push([phases.length, keyrings.signing().length])
  })
  await announceKey(needs, { purpose: 'ES256', actor })
  await needs.changes.refresh()
  expect(seen).toEqual([[2, 1]])
  expect(keyrings.signing()).toHaveLength(2)
  end()
  await announceKey(needs, { purpose: 'RS256', actor })
  await needs.changes.refresh()
  expect(seen).toHaveLength(1)
})

describe('the key-encryption key', () => {
  const [old, present] = [sampleSecret('k1'), sampleSecret('k2')]

  test('changes while servers run: added behind, put in front, keys sealed anew, the old one taken away', async () => {
    const { needs, events } = keyWorld({ keyEncryptionKeys: [old] })
    const holding = (...ring: [typeof old, ...(typeof old)[]]) => ({
      ...needs,
      config: { ...needs.config, keyEncryptionKeys: ring },
    })
    const running = await openKeyrings(holding(old, present))
    const first = await openKeyrings(holding(present, old))
    expect(await resealKeys(holding(present, old), { actor })).toHaveLength(4)
    expect(await resealKeys(holding(present, old), { actor })).toEqual([])
    expect(events.filter(({ event }) => event === 'key.resealed')).toHaveLength(4)
    await needs.changes.refresh()
    const after = await openKeyrings(holding(present))
    for (const keyrings of [running, first]) expect(keyrings.cookies()).toEqual(after.cookies())
    expect(after.signing()[0]?.keys).toEqual(first.signing()[0]?.keys)
  })

  test('that a running server lacks does not stop it; started again, it says what to do', async () => {
    const { needs } = keyWorld({ keyEncryptionKeys: [old] })
    const running = await openKeyrings(needs)
    const before = running.cookies()
    await resealKeys({ ...needs, config: { ...needs.config, keyEncryptionKeys: [present, old] } }, { actor })
    await needs.changes.refresh()
    expect(running.cookies()).toEqual(before)
    await expect(openKeyrings(needs)).rejects.toMatchObject({
      code: 'key_not_opened',
      message: expect.stringMatching(/sealed by 'k2', which KEY_ENCRYPTION_KEY does not hold: add it again/),
    })
  })

  test('of another value under the same name opens nothing, and says what may have happened', async () => {
    const { needs } = keyWorld({ keyEncryptionKeys: [old] })
    await openKeyrings(needs)
    const config = { ...needs.config, keyEncryptionKeys: [sampleSecret('k1')] as const }
    await expect(openKeyrings({ ...needs, config })).rejects.toThrow("was the value of 'k1' changed?")
  })

  test('is used by one of two who seal anew at once, for each key', async () => {
    const { needs } = keyWorld({ keyEncryptionKeys: [old] })
    const before = await openKeyrings(needs)
    const config = { ...needs.config, keyEncryptionKeys: [present, old] as const }
    const done = await Promise.all([1, 2].map(() => resealKeys({ ...needs, config }, { actor })))
    expect(done.flat().toSorted()).toEqual((await needs.keys.list()).map(({ id }) => id).toSorted())
    const after = await openKeyrings({ ...needs, config: { ...needs.config, keyEncryptionKeys: [present] } })
    expect(after.cookies()).toEqual(before.cookies())
  })
})

test('graphs show the keys by their state, and for how long those in use have been', async () => {
  const { needs, pass, metrics } = keyWorld({ keyRotationDays: 1 })
  await openKeyrings(needs)
  pass(60 * 60)
  await announceKey(needs, { purpose: 'ES256', actor })
  await needs.changes.refresh()
  expect(metrics.reading('campus_keys')).toContainEqual({ labels: { purpose: 'ES256', state: 'announced' }, value: 1 })
  expect(metrics.reading('campus_keys')).toContainEqual({ labels: { purpose: 'RS256', state: 'announced' }, value: 0 })
  expect(metrics.reading('campus_key_age_seconds')).toContainEqual({ labels: { purpose: 'cookies' }, value: 3_600 })
  pass(ANNOUNCED_SECONDS)
  expect(metrics.reading('campus_keys')).toContainEqual({ labels: { purpose: 'ES256', state: 'retiring' }, value: 1 })
  expect(metrics.reading('campus_key_age_seconds')).toContainEqual({ labels: { purpose: 'ES256' }, value: 0 })
  pass(24 * 60 * 60)
  await keyRotation(needs).run({ mayGoOn: async () => true })
  expect(metrics.total('campus_key_rotations_total')).toBe(2)
})
