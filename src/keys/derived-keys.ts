import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { Keyring, Secret } from './keys.ts'

/** A key of its own for each purpose (RFC 5869): one that leaks opens neither the secret nor another purpose. */
export function deriveKey(secret: Secret, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret.value, new Uint8Array(), `campus-id ${purpose}`, 32))
}

/**
 * Stands for a text where the text itself must not be written: equal for equal texts of one purpose, and tells nothing
 * to who lacks the ring, however few texts there are to guess from. A new first key changes it. Purposes are few and
 * named by us: for each a key is kept.
 */
export type Fingerprint = (purpose: string, text: string) => string

/** A sign-in takes a dozen fingerprints, so a key is derived once for as long as its secret is on the ring. */
export function createFingerprint(present: () => Keyring): Fingerprint {
  const derived = new WeakMap<Secret, Map<string, KeyObject>>()
  function keyFor(secret: Secret, purpose: string): KeyObject {
    const keys = derived.get(secret) ?? new Map<string, KeyObject>()
    const key = keys.get(purpose) ?? createSecretKey(deriveKey(secret, purpose))
    derived.set(secret, keys.set(purpose, key))
    return key
  }
  return (purpose, text) => createHmac('sha256', keyFor(present()[0], purpose)).update(text, 'utf8').digest('base64url')
}
