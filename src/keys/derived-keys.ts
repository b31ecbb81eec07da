import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { Keyring, Secret } from './keys.ts'

/** A key of its own for each purpose (RFC 5869): one that leaks opens neither the secret nor another purpose. */
export function deriveKey(secret: Secret, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret.value, new Uint8Array(), `campus-id ${purpose}`, 32))
}

/** HMAC-SHA-256 of a text under the key of one purpose. Purposes are few and named by us: for each a key is kept. */
export type Mac = (secret: Secret, purpose: string, text: string) => Buffer

/** A sign-in takes two dozen, so a key is derived once for as long as somebody holds its secret. */
export function createMac(): Mac {
  const derived = new WeakMap<Secret, Map<string, KeyObject>>()
  function keyFor(secret: Secret, purpose: string): KeyObject {
    const keys = derived.get(secret) ?? new Map<string, KeyObject>()
    const key = keys.get(purpose) ?? createSecretKey(deriveKey(secret, purpose))
    derived.set(secret, keys.set(purpose, key))
    return key
  }
  return (secret, purpose, text) => createHmac('sha256', keyFor(secret, purpose)).update(text, 'utf8').digest()
}

/**
 * Stands for a text where the text itself must not be written: equal for equal texts of one purpose, and tells nothing
 * to who lacks the ring, however few texts there are to guess from. A new first key changes it.
 */
export type Fingerprint = (purpose: string, text: string) => string

export function createFingerprint(present: () => Keyring, mac: Mac = createMac()): Fingerprint {
  return (purpose, text) => mac(present()[0], purpose, text).toString('base64url')
}
