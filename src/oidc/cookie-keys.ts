import Keygrip from 'keygrip'
import { deriveKey, type Keyring, type Keyrings } from '../keys/keys.ts'

/**
 * Signs the cookies of the provider and of the house around it, which read each other's: `app.keys` must be this. The
 * key that is in use signs, all that are known verify; a cookie that another one than the first has signed is signed
 * anew as it is read. It follows the keys while the server runs.
 */
export function cookieKeygrip({ cookies }: Pick<Keyrings, 'cookies'>): Keygrip {
  const make = (ring: Keyring) => ({
    ring,
    keygrip: new Keygrip(
      ring.map((secret) => Buffer.from(deriveKey(secret, 'cookies')).toString('base64url')),
      'sha256',
    ),
  })
  let made = make(cookies())
  function present(): Keygrip {
    const ring = cookies()
    if (ring !== made.ring) made = make(ring)
    return made.keygrip
  }
  const follow: Pick<Keygrip, 'sign' | 'verify' | 'index'> = {
    sign: (data) => present().sign(data),
    verify: (data, digest) => present().verify(data, digest),
    index: (data, digest) => present().index(data, digest),
  }
  return Object.assign(new Keygrip(['replaced below']), follow)
}
