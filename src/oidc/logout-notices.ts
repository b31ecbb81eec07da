import type { ClientAuthorizationState } from 'oidc-provider'
import type { LogoutNotice } from '../logout-deliveries/logout-deliveries.ts'

/** Everybody who knows the session by an identifier of theirs. */
export function noticesOf(session: {
  accountId: string
  authorizations?: Record<string, ClientAuthorizationState> | undefined
}): LogoutNotice[] {
  return Object.entries(session.authorizations ?? {}).flatMap(([clientId, { sid }]) =>
    sid === undefined ? [] : [{ clientId, personId: session.accountId, sid }],
  )
}
