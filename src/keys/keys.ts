/** Keys at rest: sealing by the key-encryption key, and the signing keys of the provider. */
import { createHmac, hkdfSync } from 'node:crypto'

/** One secret of the installation; `id` stands beside everything made with it, so that it can be changed later. */
export interface Secret {
  id: string
  value: Uint8Array
}

/** The first is used for what is made now; the others still open what they made. */
export type Keyring = readonly [Secret, ...Secret[]]

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

export interface StoredSigningKey {
  kid: string
  alg: 'ES256' | 'RS256'
  state: 'announced' | 'active' | 'retiring' | 'retired'
  publicJwk: Record<string, unknown>
  sealedPrivate: Uint8Array
  sealedBy: string
  createdAt: Date
}

export interface SigningKeyStore {
  /** All but the retired, oldest first. */
  list(): Promise<StoredSigningKey[]>
  /** Adds these only if no key of their algorithm is there yet: of two first starts one makes the keys. */
  addFirst(keys: StoredSigningKey[]): Promise<void>
}
