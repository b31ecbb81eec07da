/**
 * The installation's own keys: sealed in the database by the key-encryption key, announced, used and retired while the
 * server runs. What is done with them (tokens, cookies) is for others to say.
 */
import type { KeyTimes } from './life-cycle.ts'
import type { KeyPurpose } from './purposes.ts'
import type { Sealed } from './sealing.ts'

export { type KeyConcern, keyConcerns } from './concerns.ts'
export { createFingerprint, createMac, deriveKey, type Fingerprint, type Mac } from './derived-keys.ts'
export { type Keyrings, openKeyrings } from './keyrings.ts'
export {
  ANNOUNCED_SECONDS,
  COOKIE_KEY_KEPT_SECONDS,
  isSuccessorDue,
  KEY_SET_MAX_AGE_SECONDS,
  type KeyState,
  nextStepOf,
  type Phase,
  SIGNING_KEY_KEPT_SECONDS,
  stateAt,
} from './life-cycle.ts'
export type { SigningKey } from './open-key.ts'
export { isSigning, KEY_PURPOSES, type KeyPurpose, type RotatedPurpose, SIGNING_ALGORITHMS } from './purposes.ts'
export { resealKeys } from './reseal.ts'
export { announceKey, keyRotation, replaceKey } from './rotation.ts'
export { type Sealed, type SealedFor, seal, unseal } from './sealing.ts'

/** One secret of the installation; `id` stands beside everything made with it, so that it can be changed later. */
export interface Secret {
  id: string
  value: Uint8Array
}

/** The first is used for what is made now; the others still open what they made. */
export type Keyring = readonly [Secret, ...Secret[]]

export interface StoredKey extends KeyTimes, Sealed {
  /** The `kid` of a signing key; of any other a random name, which stands beside what was made with it. */
  id: string
  purpose: KeyPurpose
  /** Of a signing key alone. */
  publicJwk: Record<string, unknown> | null
}

export interface KeyStore {
  /** All that are kept, the oldest of each purpose first. */
  list(): Promise<StoredKey[]>
  /** Adds these only where there is no key of their purpose yet: of two first starts one makes the keys. */
  addFirst(keys: readonly StoredKey[]): Promise<void>
  /**
   * Puts a key behind the one called `before`, which is retiring from the moment at which the new one begins. False
   * where another one follows it already, or it is gone.
   */
  follow(before: string, next: StoredKey, retiredFrom: Date): Promise<boolean>
  /** False where it was gone. */
  remove(id: string): Promise<boolean>
  /** False where it is sealed by another secret than `before` by now, or gone. */
  reseal(id: string, before: string, sealed: Sealed): Promise<boolean>
}
