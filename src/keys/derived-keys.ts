import { createHmac, hkdfSync } from 'node:crypto'
import type { Keyring, Secret } from './keys.ts'

/** A key of its own for each purpose (RFC 5869): one that leaks opens neither the secret nor another purpose. */
export function deriveKey(secret: Secret, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret.value, new Uint8Array(), `campus-id ${purpose}`, 32))
}

/**
 * Stands for a text where the text itself must not be written: equal for equal texts of one purpose, and tells nothing
 * to who lacks the ring, however few texts there are to guess from. A new first key changes it.
 */
export function fingerprint(ring: Keyring, purpose: string, text: string): string {
  return createHmac('sha256', deriveKey(ring[0], purpose)).update(text, 'utf8').digest('base64url')
}
