import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { CompactSign, compactVerify, importJWK } from 'jose'
import type { Config } from '../config.ts'
import { loadSigningKeys, type SigningKeyStore, type StoredSigningKey } from './keys.ts'

function world() {
  const rows: StoredSigningKey[] = []
  const signingKeys: SigningKeyStore = {
    list: async () => rows.filter(({ state }) => state !== 'retired'),
    async addFirst(keys) {
      rows.push(...keys.filter(({ alg }) => rows.every((row) => row.alg !== alg)))
    },
  }
  const config = { keyEncryptionKeys: [{ id: 'k1', value: randomBytes(32) }] } as Partial<Config> as Config
  const random = { token: (bytes: number) => randomBytes(bytes).toString('base64url'), uuid: () => randomUUID() }
  return { rows, needs: { signingKeys, config, random, clock: () => new Date() } }
}

describe('the signing keys', () => {
  test('are made at the first start, one for each algorithm, and are the same ever after', async () => {
    const { needs, rows } = world()
    const first = await loadSigningKeys(needs)
    expect(first.map(({ alg }) => alg).toSorted()).toEqual(['ES256', 'RS256'])
    expect(await loadSigningKeys(needs)).toEqual(first)
    expect(rows).toHaveLength(2)
  })

  test('sign what their public half verifies', async () => {
    const { needs, rows } = world()
    for (const key of await loadSigningKeys(needs)) {
      const text = new TextEncoder().encode('hello')
      const signed = await new CompactSign(text).setProtectedHeader({ alg: key.alg }).sign(key)
      const stored = rows.find(({ kid }) => kid === key.kid)
      const { payload } = await compactVerify(signed, await importJWK(stored?.publicJwk ?? {}, key.alg))
      expect(payload).toEqual(text)
    }
  })

  test('keep their private half out of the rows', async () => {
    const { needs, rows } = world()
    const keys = await loadSigningKeys(needs)
    for (const { publicJwk, sealedPrivate } of rows) {
      expect(publicJwk).not.toHaveProperty('d')
      expect(keys.some(({ d }) => d && Buffer.from(sealedPrivate).includes(d))).toBe(false)
    }
  })

  test('are the same for two servers that start first at one moment', async () => {
    const { needs, rows } = world()
    const [one, other] = await Promise.all([loadSigningKeys(needs), loadSigningKeys(needs)])
    expect(one).toEqual(other)
    expect(rows).toHaveLength(2)
  })

  test('stand in the order in which they sign: active, announced, retiring', async () => {
    const { needs, rows } = world()
    await loadSigningKeys(needs)
    const [old] = rows
    if (!old) throw new Error('no key')
    const another = world()
    const others = await loadSigningKeys({ ...another.needs, config: needs.config })
    const newer = another.rows.find(({ alg }) => alg === old.alg)
    if (!newer) throw new Error('no key')
    rows.unshift({ ...newer, state: 'announced' })
    expect((await loadSigningKeys(needs)).map(({ kid }) => kid).indexOf(newer.kid)).toBe(2)
    old.state = 'retiring'
    rows[0] = { ...newer, state: 'active' }
    expect((await loadSigningKeys(needs)).filter(({ alg }) => alg === old.alg)[0]?.kid).toBe(newer.kid)
    expect(others).toHaveLength(2)
  })

  test('do not open without their key-encryption key', async () => {
    const { needs } = world()
    await loadSigningKeys(needs)
    const { config } = world().needs
    await expect(loadSigningKeys({ ...needs, config })).rejects.toThrow()
  })
})
