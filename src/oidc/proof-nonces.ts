/** The nonces that proofs of possession (RFC 9449 §8) carry: the same from every process, and made by nobody else. */
import { deriveKey, type SigningKey } from '../keys/keys.ts'

/**
 * From the key that signs now, which every process changes at the same moment: then a nonce of before is answered with
 * `use_dpop_nonce` and another, which the client sends at its second try. Nothing was used up by the first.
 */
export function nonceSecretOf([key]: readonly SigningKey[]): Buffer {
  if (key?.d === undefined) throw new Error('there is no private key to derive nonces from')
  const secret = { id: key.kid, value: Buffer.from(key.d, 'base64url') }
  return Buffer.from(deriveKey(secret, 'proof nonces'))
}
