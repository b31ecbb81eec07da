/**
 * What a signed request (RFC 9101) must keep to beyond what the library checks: the signature, `iss`, `aud` and the
 * algorithm. It is taken by value alone; by reference there is PAR.
 */
import { type Configuration, errors } from 'oidc-provider'
import type { Clock } from '../campus.ts'
import { ASSERTION_SECONDS_MAX, CLOCK_TOLERANCE_SECONDS } from './client-assertions.ts'
import { epochSeconds } from './lifetimes.ts'

type RequestObjects = NonNullable<NonNullable<Configuration['features']>['requestObjects']>

/** RFC 9101 §10.8.1; some libraries write the type of any JWT, or none. */
const TYPES: readonly unknown[] = [undefined, 'JWT', 'oauth-authz-req+jwt']

export function shortRequestsOnly(clock: Clock): NonNullable<RequestObjects['assertJwtClaimsAndHeader']> {
  return (_ctx, { exp, sub }, { typ }, client) => {
    // Whoever finds one in a browser's history must not begin with it again.
    const latest = epochSeconds(clock()) + ASSERTION_SECONDS_MAX + CLOCK_TOLERANCE_SECONDS
    if (typeof exp !== 'number' || exp > latest) throw refused(`it expires in no more than ${ASSERTION_SECONDS_MAX} s`)
    // RFC 9101 §10.8: it would pass for an assertion by which the client authenticates.
    if (sub === client.clientId) throw refused('its sub is not the client')
    if (!TYPES.includes(typ)) throw refused('its typ is oauth-authz-req+jwt')
  }
}

function refused(reason: string): Error {
  return new errors.InvalidRequestObject(`a request object: ${reason}`)
}
