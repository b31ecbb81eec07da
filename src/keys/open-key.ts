import type { JWK } from 'jose'
import type { KeyPurpose, Keyring, Secret, StoredKey } from './keys.ts'
import { type SealedFor, unseal } from './sealing.ts'

/** A private key as the provider takes it. */
export interface SigningKey extends JWK {
  kid: string
  alg: string
  use: 'sig'
}

/** Part of what is sealed: a change of these words would make a key of every version before unreadable. */
const SEALED_AS: Record<KeyPurpose, string> = {
  ES256: 'signing key',
  RS256: 'signing key',
  cookies: 'cookie key',
  fingerprints: 'fingerprint key',
}

export function sealedFor({ id, purpose }: Pick<StoredKey, 'id' | 'purpose'>): SealedFor {
  return { purpose: SEALED_AS[purpose], id }
}

/** Throws where the key-encryption key is missing or another one: the message says which, and what to do. */
export function openPlain(ring: Keyring, key: StoredKey): Uint8Array {
  return unseal(ring, sealedFor(key), key)
}

export function openSigningKey(ring: Keyring, key: StoredKey): SigningKey {
  return { ...parsePrivateJwk(openPlain(ring, key)), kid: key.id, alg: key.purpose, use: 'sig' }
}

export function openSecret(ring: Keyring, key: StoredKey): Secret {
  return { id: key.id, value: openPlain(ring, key) }
}

/** The seal has proven that we wrote it ourselves. */
function parsePrivateJwk(plain: Uint8Array): JWK {
  return JSON.parse(Buffer.from(plain).toString('utf8')) as JWK
}
