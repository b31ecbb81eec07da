/** The keys that sign ID tokens: made at the first start of an installation, sealed in the database ever after. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Campus } from '../campus.ts'
import type { StoredSigningKey } from './keys.ts'
import { seal, unseal } from './sealing.ts'

/** ES256 signs where nothing else is asked for; RS256 is there for clients that know nothing newer. */
const ALGORITHMS = ['ES256', 'RS256'] as const

const PURPOSE = 'signing key'

type Needs = Pick<Campus, 'config' | 'clock' | 'random' | 'signingKeys'>

/** A private key as the provider takes it. */
export interface SigningKey extends JWK {
  kid: string
  alg: string
  use: 'sig'
}

/** Of one algorithm the first key signs; the others are published, before their time comes and after it has passed. */
const ORDER: Record<StoredSigningKey['state'], number> = { active: 0, announced: 1, retiring: 2, retired: 3 }

/** Makes what is missing. Of two servers that start first at the same moment, both end up with the same keys. */
export async function loadSigningKeys(needs: Needs): Promise<SigningKey[]> {
  const stored = await needs.signingKeys.list()
  const missing = ALGORITHMS.filter((alg) => stored.every((key) => key.alg !== alg))
  if (missing.length > 0) {
    await needs.signingKeys.addFirst(await Promise.all(missing.map((alg) => makeKey(needs, alg))))
    return open(needs, await needs.signingKeys.list())
  }
  return open(needs, stored)
}

async function makeKey({ config, clock, random }: Needs, alg: StoredSigningKey['alg']): Promise<StoredSigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  const publicJwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  const plain = Buffer.from(JSON.stringify(await exportJWK(privateKey)))
  const { sealed, sealedBy } = seal(random, config.keyEncryptionKeys, { purpose: PURPOSE, id: kid }, plain)
  return {
    kid,
    alg,
    state: 'active',
    publicJwk: { ...publicJwk, kid, alg, use: 'sig' },
    sealedPrivate: sealed,
    sealedBy,
    createdAt: clock(),
  }
}

function open({ config }: Needs, stored: StoredSigningKey[]): SigningKey[] {
  const inOrder = stored.toSorted((a, b) => ORDER[a.state] - ORDER[b.state])
  return inOrder.map(({ kid, alg, sealedPrivate, sealedBy }) => {
    const sealedKey = { sealed: sealedPrivate, sealedBy }
    const plain = unseal(config.keyEncryptionKeys, { purpose: PURPOSE, id: kid }, sealedKey)
    return { ...parsePrivateJwk(plain), kid, alg, use: 'sig' }
  })
}

/** The seal has proven that we wrote it ourselves. */
function parsePrivateJwk(plain: Uint8Array): JWK {
  return JSON.parse(Buffer.from(plain).toString('utf8')) as JWK
}
