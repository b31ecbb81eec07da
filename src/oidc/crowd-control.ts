/**
 * Anybody may open the sign-in page, and what a visit leaves behind is kept for a quarter of an hour. Visits are
 * counted by where they come from, so that one machine cannot fill the store; strangers and the campus have a budget
 * each, so that strangers with many addresses cannot keep the campus out.
 */
import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { addressOf } from '../http/request-state.ts'
import { fingerprint } from '../keys/keys.ts'
import { originOf } from '../throttle/throttle.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import type { RequestScope } from './request-scope.ts'

/** In a quarter of an hour. At 2 KB each, the store holds all of them in under a gigabyte. */
export const VISITS_MAX = {
  /** A household, a lecture hall behind a router that nobody listed, a mobile operator's gateway. */
  address: 2_000,
  /** One network that the operator lists: the first day of term, when everybody comes at once. */
  campus: 150_000,
  /** All addresses outside the listed networks together. */
  outside: 200_000,
} as const

export interface CrowdControl {
  /** To be asked before anything is written for a stranger. Throws where the budget is used up. */
  admit(): Promise<void>
}

type Needs = Pick<Campus, 'config' | 'expiring'>

class TooManyVisits extends errors.OIDCProviderError {
  constructor(status: 429 | 503) {
    super(status, status === 429 ? 'too_many_requests' : 'temporarily_unavailable')
    this.name = 'TooManyVisits'
    this.error_description = 'too many sign-ins are open from here; please try again later'
    this.expose = true
    this.allow_redirect = false
  }
}

export function createCrowdControl({ config, expiring }: Needs, scope: RequestScope): CrowdControl {
  const window = { seconds: LIFETIME_SECONDS.interaction }

  async function count(name: string, most: number, status: 429 | 503): Promise<void> {
    const { count: sum, secondsLeft } = await expiring.count(`oidc:visits:${name}`, window)
    if (sum <= most) return
    scope.current().retryAfterSeconds = secondsLeft
    throw new TooManyVisits(status)
  }

  return {
    async admit() {
      const ctx = Provider.ctx
      if (!ctx || !isStranger(ctx)) return
      const origin = originOf(addressOf(ctx), config.campusNetworks)
      const name = fingerprint(config.cookieKeys, 'visits', origin.name)
      if (origin.kind === 'campus') return count(`campus:${name}`, VISITS_MAX.campus, 503)
      await Promise.all([count(`address:${name}`, VISITS_MAX.address, 429), count('outside', VISITS_MAX.outside, 503)])
    },
  }
}

/** Who is signed in is none. A client that has shown a secret comes from its own server. */
function isStranger({ oidc }: KoaContextWithOIDC): boolean {
  if (oidc.route === 'pushed_authorization_request') return oidc.client?.clientAuthMethod === 'none'
  return oidc.session?.accountId === undefined
}
