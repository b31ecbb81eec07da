/**
 * Sealing for what must be kept and read again: AES-256-GCM under a key of its own for each purpose (`deriveKey`). The
 * purpose and the identifier of the row are authenticated too, so that one row's seal opens no other row.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Randomness } from '../campus.ts'
import { deriveKey } from './derived-keys.ts'
import type { Keyring } from './keys.ts'

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

export interface SealedFor {
  /** Such as `signing key`. */
  purpose: string
  /** Which of them: the identifier of its row. */
  id: string
}

/** To be stored together: `sealedBy` names the secret, so that it can be changed later. */
export interface Sealed {
  sealed: Uint8Array
  sealedBy: string
}

export function seal(random: Randomness, ring: Keyring, sealedFor: SealedFor, plain: Uint8Array): Sealed {
  const [secret] = ring
  const nonce = Buffer.from(random.token(NONCE_BYTES), 'base64url')
  const cipher = createCipheriv(ALGORITHM, deriveKey(secret, sealedFor.purpose), nonce).setAAD(bound(sealedFor))
  const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return { sealed: new Uint8Array(sealed), sealedBy: secret.id }
}

/** Throws when the secret is no longer on the ring, and when anything was changed or belongs to another row. */
export function unseal(ring: Keyring, sealedFor: SealedFor, { sealed, sealedBy }: Sealed): Uint8Array {
  const secret = ring.find(({ id }) => id === sealedBy)
  const what = `The ${sealedFor.purpose} ${sealedFor.id} is sealed by '${sealedBy}'`
  if (!secret) {
    throw notOpened(
      `${what}, which KEY_ENCRYPTION_KEY does not hold: add it again behind the others, and run ` +
        'campus-id keys reseal before it is taken away.',
    )
  }
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv(ALGORITHM, deriveKey(secret, sealedFor.purpose), nonce, {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(bound(sealedFor)).setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    const opened = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    return new Uint8Array(opened)
  } catch (cause) {
    throw notOpened(`${what} in KEY_ENCRYPTION_KEY, and does not open: was the value of '${sealedBy}' changed?`, cause)
  }
}

function notOpened(message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code: 'key_not_opened' })
}

/** JSON keeps the two apart: no purpose and identifier together read like another pair. */
function bound({ purpose, id }: SealedFor): Uint8Array {
  return Buffer.from(JSON.stringify([purpose, id]))
}
