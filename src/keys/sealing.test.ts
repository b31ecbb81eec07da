import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { type Keyring, seal, unseal } from './keys.ts'

const random = { token: (bytes: number) => randomBytes(bytes).toString('base64url'), uuid: () => randomUUID() }
const ring: Keyring = [{ id: 'a', value: randomBytes(32) }]
const purpose = 'signing key'
const plain = new TextEncoder().encode('what nobody may read')

describe('sealing', () => {
  test('is undone by the ring that sealed, also when a newer secret stands in front', () => {
    const sealed = seal(random, ring, { purpose, id: '1' }, plain)
    const newer: Keyring = [{ id: 'b', value: randomBytes(32) }, ring[0]]
    expect(unseal(newer, { purpose, id: '1' }, sealed)).toEqual(plain)
    expect(seal(random, newer, { purpose, id: '1' }, plain).sealedBy).toBe('b')
  })

  test('never looks the same twice', () => {
    const [once, again] = [
      seal(random, ring, { purpose, id: '1' }, plain),
      seal(random, ring, { purpose, id: '1' }, plain),
    ]
    expect(once.sealed).not.toEqual(again.sealed)
    expect(Buffer.from(once.sealed).includes(Buffer.from(plain))).toBe(false)
  })

  test('opens no other row and serves no other purpose than its own, and no other secret opens it', () => {
    const sealed = seal(random, ring, { purpose, id: '1' }, plain)
    expect(() => unseal(ring, { purpose, id: '2' }, sealed)).toThrow()
    expect(() => unseal(ring, { purpose: 'other', id: '1' }, sealed)).toThrow()
    expect(() => unseal([{ id: 'a', value: randomBytes(32) }], { purpose, id: '1' }, sealed)).toThrow()
  })

  test('that was changed in any byte does not open', () => {
    const sealed = seal(random, ring, { purpose, id: '1' }, plain)
    for (let at = 0; at < sealed.sealed.length; at++) {
      const changed = Uint8Array.from(sealed.sealed, (byte, index) => (index === at ? byte ^ 1 : byte))
      expect(() => unseal(ring, { purpose, id: '1' }, { ...sealed, sealed: changed })).toThrow()
    }
    expect(() => unseal(ring, { purpose, id: '1' }, { ...sealed, sealed: sealed.sealed.subarray(0, 8) })).toThrow()
  })

  test('names the secret that is missing', () => {
    const sealed = seal(random, ring, { purpose, id: '1' }, plain)
    const other: Keyring = [{ id: 'b', value: randomBytes(32) }]
    expect(() => unseal(other, { purpose, id: '1' }, sealed)).toThrow("sealed by 'a'")
  })
})
