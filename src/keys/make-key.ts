import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { Campus } from '../campus.ts'
import type { StoredKey } from './keys.ts'
import type { KeyTimes } from './life-cycle.ts'
import { sealedFor } from './open-key.ts'
import { isSigning, type KeyPurpose, type SigningAlgorithm } from './purposes.ts'
import { seal } from './sealing.ts'

const SECRET_BYTES = 32
const NAME_BYTES = 6
const RSA_BITS = 2048

type Needs = Pick<Campus, 'config' | 'random'>

/** A new key, sealed by the present key-encryption key. An RSA key takes a few hundred milliseconds of a thread. */
export async function makeKey(needs: Needs, purpose: KeyPurpose, times: KeyTimes): Promise<StoredKey> {
  const { id, publicJwk, plain } = isSigning(purpose) ? await makePair(purpose) : makeSecret(needs)
  const sealed = seal(needs.random, needs.config.keyEncryptionKeys, sealedFor({ id, purpose }), plain)
  return { id, purpose, publicJwk, ...sealed, ...times }
}

async function makePair(alg: SigningAlgorithm) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, modulusLength: RSA_BITS })
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  const plain = Buffer.from(JSON.stringify(await exportJWK(privateKey)))
  return { id: kid, publicJwk: { ...jwk, kid, alg, use: 'sig' }, plain }
}

function makeSecret({ random }: Needs) {
  return { id: random.token(NAME_BYTES), publicJwk: null, plain: Buffer.from(random.token(SECRET_BYTES), 'base64url') }
}
