/** Validates what Campus ID posts to the back-channel logout address (OpenID Connect Back-Channel Logout 1.0 §2.6). */
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** What Campus ID signs with. Naming them keeps out `none`, and HMAC under a public key taken for a secret. */
const ALGORITHMS = ['ES256', 'RS256']

const CLOCK_TOLERANCE_SECONDS = 30
const TOKEN_AGE_MAX_SECONDS = 5 * 60

export type LogoutTokenReading =
  | { valid: true; sub: string | null; sid: string | null }
  /** `why` is for the log. */
  | { valid: false; why: string }

/** Everything that the check stands on; the address itself is open to the world and proves nothing. */
export interface LogoutTokenChecks {
  issuer: string
  clientId: string
  keys: JWTVerifyGetKey
  now: Date
  /** Answers false when this `jti` was used before. */
  useOnce(jti: string, until: Date): boolean
}

/** Throws only when the keys of Campus ID cannot be read: that says nothing about the token. */
export async function readLogoutToken(token: string, checks: LogoutTokenChecks): Promise<LogoutTokenReading> {
  let claims: JWTPayload
  try {
    const verified = await jwtVerify(token, checks.keys, {
      issuer: checks.issuer,
      audience: checks.clientId,
      algorithms: ALGORITHMS,
      // The explicit type keeps an ID token, which the browser has seen, from being posted here as a logout token.
      typ: 'logout+jwt',
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
      maxTokenAge: TOKEN_AGE_MAX_SECONDS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: checks.now,
    })
    claims = verified.payload
  } catch (error) {
    if (isAboutTheToken(error)) return { valid: false, why: error.message }
    throw error
  }
  return readClaims(claims, checks)
}

function readClaims(claims: JWTPayload, { useOnce, now }: LogoutTokenChecks): LogoutTokenReading {
  if (!isLogoutEvent(claims['events'])) return { valid: false, why: 'events does not name a back-channel logout' }
  // §2.4 forbids a nonce: it is the second fence between ID tokens and logout tokens.
  if ('nonce' in claims) return { valid: false, why: 'a logout token has no nonce' }

  const sub = typeof claims.sub === 'string' ? claims.sub : null
  const sid = typeof claims['sid'] === 'string' ? claims['sid'] : null
  if (sub === null && sid === null) return { valid: false, why: 'neither sub nor sid' }

  if (typeof claims.jti !== 'string' || claims.jti === '') return { valid: false, why: 'jti is empty' }
  const until = new Date(now.getTime() + (TOKEN_AGE_MAX_SECONDS + 2 * CLOCK_TOLERANCE_SECONDS) * 1000)
  if (!useOnce(claims.jti, until)) return { valid: false, why: 'jti was used before' }
  return { valid: true, sub, sid }
}

function isLogoutEvent(events: unknown): boolean {
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, LOGOUT_EVENT)) return false
  const event: unknown = Reflect.get(events, LOGOUT_EVENT)
  return typeof event === 'object' && event !== null && !Array.isArray(event)
}

/** jose's own errors speak of the token, but for two: a key set that came late, and one that came with an error. */
function isAboutTheToken(error: unknown): error is errors.JOSEError {
  if (!(error instanceof errors.JOSEError)) return false
  return !(error instanceof errors.JWKSTimeout) && error.code !== 'ERR_JOSE_GENERIC'
}

/** Remembers the `jti` of each token for as long as the token itself could pass. */
export function createReplayGuard(clock: () => Date): LogoutTokenChecks['useOnce'] {
  const used = new Map<string, Date>()
  return (jti, until) => {
    for (const [old, goneAt] of used) if (goneAt <= clock()) used.delete(old)
    if (used.has(jti)) return false
    used.set(jti, until)
    return true
  }
}
