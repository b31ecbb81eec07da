/** What a client's assertion (RFC 7523) must keep to beyond what the library checks. */
import { type Configuration, errors } from 'oidc-provider'
import type { Clock } from '../campus.ts'
import { epochSeconds } from './lifetimes.ts'

/** Between our clock and a relying party's. */
export const CLOCK_TOLERANCE_SECONDS = 10

/** Its identifier is remembered until it expires: a client that could name the year 3000 could fill the store. */
export const ASSERTION_SECONDS_MAX = 300

export function shortAssertionsOnly(clock: Clock): NonNullable<Configuration['assertJwtClientAuthClaimsAndHeader']> {
  return (_ctx, { exp }) => {
    const latest = epochSeconds(clock()) + ASSERTION_SECONDS_MAX + CLOCK_TOLERANCE_SECONDS
    if (typeof exp === 'number' && exp <= latest) return
    throw new errors.InvalidClientAuth(`an assertion expires in no more than ${ASSERTION_SECONDS_MAX} s`)
  }
}
