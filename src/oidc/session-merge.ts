/**
 * What one request did to a session, laid onto what stands by the time it is saved. The provider overwrites the whole
 * document; of three relying parties that open in one session at once, two would lose their authorization.
 */
import type { AdapterPayload, ClientAuthorizationState } from 'oidc-provider'

type Authorizations = Record<string, ClientAuthorizationState>

/** Kept aside: authorizations are merged client by client, the end follows from whose session it is. */
const NOT_MERGED_AS_FIELDS = new Set(['jti', 'exp', 'authorizations'])

/**
 * `loaded`: as this request found it. `mine`: as this request leaves it. `standing`: as it is now. null when somebody
 * else is signed in there by now: what this request did belongs to a session that is no more.
 */
export function mergeSession(
  standing: AdapterPayload,
  loaded: AdapterPayload,
  mine: AdapterPayload,
): AdapterPayload | null {
  const signsIn = mine.accountId !== loaded.accountId
  const changedHands = standing.accountId !== loaded.accountId && standing.accountId !== mine.accountId
  if (changedHands && !signsIn && loaded.accountId !== undefined) return null

  const session: AdapterPayload = { ...standing }
  for (const field of new Set([...Object.keys(loaded), ...Object.keys(mine)])) {
    if (NOT_MERGED_AS_FIELDS.has(field) || same(loaded[field], mine[field])) continue
    if (mine[field] === undefined) delete session[field]
    else session[field] = mine[field]
  }

  // What another person allowed a client dies with their session.
  const kept = standing.accountId === session.accountId ? standing.authorizations : undefined
  const authorizations = mergeAuthorizations(kept ?? {}, loaded.authorizations ?? {}, mine.authorizations ?? {})
  if (Object.keys(authorizations).length > 0) session.authorizations = authorizations
  else delete session.authorizations

  // The end of an anonymous session must not cut short what somebody has signed in to meanwhile.
  session.exp = session.accountId === mine.accountId ? mine.exp : standing.exp
  return session
}

function mergeAuthorizations(standing: Authorizations, loaded: Authorizations, mine: Authorizations): Authorizations {
  const merged = { ...standing }
  for (const client of new Set([...Object.keys(loaded), ...Object.keys(mine)])) {
    const left = mine[client]
    if (same(loaded[client], left)) continue
    if (left === undefined) delete merged[client]
    else merged[client] = left
  }
  return merged
}

/** Fields keep their order from one reading to the next. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
