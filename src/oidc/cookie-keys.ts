import Keygrip from 'keygrip'
import type { Config } from '../config.ts'
import { deriveKey } from '../keys/keys.ts'

/**
 * Signs the cookies of the provider and of the house around it, which read each other's: `app.keys` must be this. The
 * first key signs, all of them verify.
 */
export function cookieKeygrip({ cookieKeys }: Pick<Config, 'cookieKeys'>): Keygrip {
  const keys = cookieKeys.map((secret) => Buffer.from(deriveKey(secret, 'cookies')).toString('base64url'))
  return new Keygrip(keys, 'sha256')
}
