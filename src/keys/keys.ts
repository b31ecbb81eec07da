/** Keys at rest: sealing by the key-encryption key, and the signing keys of the provider. */

export { deriveKey, fingerprint } from './derived-keys.ts'
export { type Sealed, type SealedFor, seal, unseal } from './sealing.ts'
export { loadSigningKeys, type SigningKey } from './signing-keys.ts'

/** One secret of the installation; `id` stands beside everything made with it, so that it can be changed later. */
export interface Secret {
  id: string
  value: Uint8Array
}

/** The first is used for what is made now; the others still open what they made. */
export type Keyring = readonly [Secret, ...Secret[]]

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
