/** How long everything lives that the provider keeps. In seconds. */
import type { Configuration } from 'oidc-provider'
import type { Clock } from '../campus.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const LIFETIME_SECONDS = {
  authorizationCode: MINUTE,
  accessToken: HOUR,
  idToken: 10 * MINUTE,
  refreshToken: 14 * DAY,
  pushedRequest: MINUTE,
  /** Also the time that somebody has to carry a code from a device to a browser. */
  deviceCode: 10 * MINUTE,
  /** Also the time that somebody has to finish a sign-in page. */
  interaction: 15 * MINUTE,
  anonymousSession: 15 * MINUTE,
  sessionIdle: 2 * HOUR,
  /** From the sign-in, idle or not. */
  sessionAbsolute: 12 * HOUR,
  /** 7天免登录: from the sign-in, idle or not. */
  sessionRemembered: 7 * DAY,
  /** Never extended, and every token dies with it: it outlasts the longest refresh token of the longest session. */
  grant: (7 + 14 + 1) * DAY,
} as const

interface SignedIn {
  /** The last proof: a step-up moves it on. */
  loginTs?: number | undefined
  /** The sign-in, where it came before the last proof. */
  signedInAt?: number | undefined
  /** The session ends with the browser: 7天免登录 was not asked for. */
  transient?: boolean | undefined
}

export function sessionEndsAt({ loginTs = 0, signedInAt = loginTs, transient }: SignedIn): number {
  return signedInAt + (transient ? LIFETIME_SECONDS.sessionAbsolute : LIFETIME_SECONDS.sessionRemembered)
}

/** How long a session may live that is used now. */
export function sessionSeconds(now: number, session: SignedIn & { accountId?: string | undefined }): number {
  if (session.accountId === undefined) return LIFETIME_SECONDS.anonymousSession
  const left = Math.max(sessionEndsAt(session) - now, 1)
  return session.transient ? Math.min(left, LIFETIME_SECONDS.sessionIdle) : left
}

export function lifetimes(clock: Clock): NonNullable<Configuration['ttl']> {
  return {
    AuthorizationCode: LIFETIME_SECONDS.authorizationCode,
    AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? LIFETIME_SECONDS.accessToken,
    ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? LIFETIME_SECONDS.accessToken,
    DeviceCode: LIFETIME_SECONDS.deviceCode,
    IdToken: LIFETIME_SECONDS.idToken,
    Grant: LIFETIME_SECONDS.grant,
    Interaction: LIFETIME_SECONDS.interaction,
    Session: (_ctx, session) => sessionSeconds(epochSeconds(clock()), session),
    // A rotated token inherits what was left of the first: rotating for ever does not keep a person signed in for ever.
    RefreshToken: (ctx) => {
      const left = ctx.oidc.entities.RotatedRefreshToken?.remainingTTL ?? LIFETIME_SECONDS.refreshToken
      return Math.max(left, 1)
    },
  }
}

export function epochSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1_000)
}
