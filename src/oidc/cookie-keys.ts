import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import Keygrip from 'keygrip'
import { deriveKey, type Keyring, type Keyrings, type Secret } from '../keys/keys.ts'

/**
 * Signs as Keygrip does, and compares without its detour: there each comparison makes two more MACs under a random key.
 *
 * Signs the cookies of the provider and of the house around it, which read each other's: `app.keys` must be this. The
 * key that is in use signs, all that are known verify; a cookie that another one than the first has signed is signed
 * anew as it is read. It follows the keys while the server runs.
 */
export function cookieKeygrip({ cookies }: Pick<Keyrings, 'cookies'>): Keygrip {
  let made = keysOf(cookies())
  function present(): CookieKeys {
    const ring = cookies()
    if (ring !== made.ring) made = keysOf(ring)
    return made
  }
  const index: Keygrip['index'] = (data, digest) =>
    present().all.findIndex((key) => sameText(signature(key, data), digest))
  const follow: Pick<Keygrip, 'sign' | 'verify' | 'index'> = {
    sign: (data) => signature(present().first, data),
    verify: (data, digest) => index(data, digest) >= 0,
    index,
  }
  return Object.assign(new Keygrip(['replaced below']), follow)
}

interface CookieKeys {
  ring: Keyring
  first: KeyObject
  all: readonly KeyObject[]
}

function keysOf(ring: Keyring): CookieKeys {
  const key = (secret: Secret) =>
    createSecretKey(Buffer.from(deriveKey(secret, 'cookies')).toString('base64url'), 'utf8')
  const [first, ...others] = ring
  const firstKey = key(first)
  return { ring, first: firstKey, all: [firstKey, ...others.map(key)] }
}

function signature(key: KeyObject, data: string): string {
  return createHmac('sha256', key).update(data).digest('base64url')
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
