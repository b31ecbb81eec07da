/** The OpenID Connect part, and all of it: leave for Campus ID, come back with a code, stay fresh, leave for good. */
import { isNativeError } from 'node:util/types'
import * as client from 'openid-client'
import type { Provider } from './discovery.ts'
import type { LocalSession } from './local-sessions.ts'
import type { SignInAttempt } from './sign-in-attempts.ts'

export interface SignInRequest {
  redirectUri: URL
  scope: string
  browser: string
  /** Campus ID shows its pages in the language of ours. */
  language: string
}

/** The attempt is to be remembered, and the browser sent to the address. */
export async function prepareSignIn(
  provider: Provider,
  { redirectUri, scope, browser, language }: SignInRequest,
): Promise<{ attempt: SignInAttempt; address: URL }> {
  const attempt = {
    state: client.randomState(),
    nonce: client.randomNonce(),
    codeVerifier: client.randomPKCECodeVerifier(),
    browser,
  }
  const address = client.buildAuthorizationUrl(provider.config, {
    redirect_uri: redirectUri.href,
    scope,
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(attempt.codeVerifier),
    code_challenge_method: 'S256',
    ui_locales: language,
    // Without it `offline_access` is ignored (OpenID Connect Core §11). People are shown a page for it by third parties
    // alone, who therefore ask for both only when they need them.
    ...(scope.split(' ').includes('offline_access') && { prompt: 'consent' }),
  })
  return { attempt, address }
}

/** `address` is the one to which the browser came back, built on our own origin: a Host header is not to be trusted. */
export async function finishSignIn(provider: Provider, address: URL, attempt: SignInAttempt): Promise<LocalSession> {
  const tokens = await client.authorizationCodeGrant(provider.config, address, {
    expectedState: attempt.state,
    expectedNonce: attempt.nonce,
    pkceCodeVerifier: attempt.codeVerifier,
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  if (tokens.id_token === undefined || claims === undefined) throw new Error('no ID token was issued')
  return {
    sub: claims.sub,
    sid: typeof claims['sid'] === 'string' ? claims['sid'] : null,
    idToken: tokens.id_token,
    idTokenClaims: claims,
    userinfo: await readUserinfo(provider, tokens.access_token, claims.sub),
    refreshToken: tokens.refresh_token ?? null,
    refreshedAt: null,
  }
}

/** Refused unless it is about the person of the ID token (OpenID Connect Core §5.3.2). */
export function readUserinfo(provider: Provider, accessToken: string, sub: string): Promise<client.UserInfoResponse> {
  return client.fetchUserInfo(provider.config, accessToken, sub)
}

/** A refresh token is good once: keep the session that this answers before anything else is tried. */
export async function renewTokens(
  provider: Provider,
  session: LocalSession,
  refreshToken: string,
): Promise<{ renewed: LocalSession; accessToken: string }> {
  const tokens = await client.refreshTokenGrant(provider.config, refreshToken)
  const claims = tokens.claims()
  if (claims && claims.sub !== session.sub) throw new Error('the renewed ID token is about somebody else')
  const renewed = {
    ...session,
    idToken: tokens.id_token ?? session.idToken,
    idTokenClaims: claims ?? session.idTokenClaims,
    refreshToken: tokens.refresh_token ?? refreshToken,
  }
  return { renewed, accessToken: tokens.access_token }
}

/** Where the browser goes to sign out of Campus ID, and with it of every relying party (RP-Initiated Logout 1.0). */
export function signOutAddress(provider: Provider, session: LocalSession, comeBackTo: URL): URL {
  return client.buildEndSessionUrl(provider.config, {
    id_token_hint: session.idToken,
    post_logout_redirect_uri: comeBackTo.href,
  })
}

export type Problem =
  /** The person said no, at the sign-in or at the consent page. */
  | { kind: 'denied' }
  | { kind: 'unreachable' }
  /** Anything else that Campus ID answered, or that failed a check of ours; `code` can be looked up. */
  | { kind: 'failed'; code: string }

export function problemOf(error: unknown): Problem {
  if (error instanceof client.AuthorizationResponseError) {
    return error.error === 'access_denied' ? { kind: 'denied' } : { kind: 'failed', code: error.error }
  }
  if (error instanceof client.ResponseBodyError) {
    return error.status >= 500 ? { kind: 'unreachable' } : { kind: 'failed', code: error.error }
  }
  if (error instanceof client.WWWAuthenticateChallengeError) return { kind: 'failed', code: error.code }
  if (gaveNoAnswer(error)) return { kind: 'unreachable' }
  return { kind: 'failed', code: error instanceof client.ClientError ? (error.code ?? error.name) : 'unexpected' }
}

const NO_ANSWER_CODES = ['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON']

/** fetch throws a TypeError when it gets no answer; openid-client passes that on, or names it as the cause. */
function gaveNoAnswer(error: unknown): boolean {
  if (!isNativeError(error)) return false
  if (error instanceof client.ClientError && NO_ANSWER_CODES.includes(error.code ?? '')) return true
  return error.name === 'TypeError' || (error instanceof client.ClientError && gaveNoAnswer(error.cause))
}
