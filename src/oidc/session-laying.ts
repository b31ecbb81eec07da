/** What one request did to a session, laid onto the document that stands by the time it is written. */
import { type AdapterPayload, type ClientAuthorizationState, Provider } from 'oidc-provider'
import { digestOf } from './locators.ts'
import { encodeDocument, type SessionDocument } from './session-document.ts'
import type { SessionDocuments } from './session-documents.ts'
import { mergeSession } from './session-merge.ts'

/** A session of which nothing but its end has moved, by less than this part of what is left, is not written again. */
export const SLIDES_BY = 0.1

/** Steps of one browser that run side by side; each makes a cookie, and the browser keeps that of the last. */
const COOKIES_MAX = 4

type Staged = Pick<SessionDocuments, 'staged'>

export interface Saving {
  /** As this request found it; null where it begins here. */
  base: AdapterPayload | null
  /** As this request leaves it. */
  mine: AdapterPayload
  digest: string
  /** This request was let in by this cookie, or has let it in: it is not let in again. */
  isKnown: boolean
  /** How long it may live from now. */
  seconds: number
}

/**
 * As `SessionDocuments.change` wants it: null where the session has ended, or became somebody's without this request;
 * the same where nothing is to be done.
 */
export function save(
  documents: Staged,
  standing: SessionDocument | null,
  { base, mine, digest, isKnown, seconds }: Saving,
): SessionDocument | null {
  // Signed out elsewhere: nothing of it may come back. A session that was nobody's may begin again.
  if (standing === null && base?.accountId !== undefined) return null
  if (standing === null) return withStaged(documents, { session: mine, cookies: [digest], grants: [] })
  const merged = mergeSession(standing.session, base ?? standing.session, mine)
  if (merged === null) return null
  const cookies = isKnown ? standing.cookies : cookiesWith(digest, { standing, merged, mine })
  if (cookies === null) return null
  const next = { ...laidOnto(documents, standing, merged), cookies }
  return differOnlyInTheirEnd(standing, next, seconds * SLIDES_BY) ? standing : next
}

export interface Authorizing {
  base: AdapterPayload
  clientId: string
  mine: ClientAuthorizationState
}

/** Nothing is written where somebody else has decided since `base` was read. */
export function authorize(
  documents: Staged,
  standing: SessionDocument | null,
  { base, clientId, mine }: Authorizing,
): SessionDocument | null {
  const there = standing?.session.authorizations?.[clientId]
  if (standing === null || JSON.stringify(there) !== JSON.stringify(base.authorizations?.[clientId])) return standing
  const authorizations = { ...base.authorizations, [clientId]: mine }
  const merged = mergeSession(standing.session, base, { ...base, authorizations })
  return merged && laidOnto(documents, standing, merged)
}

/** The provider gives up the old identifier when a step renames the session, and the present one when it ends. */
export function identifierBefore(): string | null {
  const session: object = Provider.ctx?.oidc.session ?? {}
  return 'oldId' in session && typeof session.oldId === 'string' ? session.oldId : null
}

/** What another person had in it dies with their session. */
function laidOnto(documents: Staged, standing: SessionDocument, session: AdapterPayload): SessionDocument {
  const isTheirs = standing.session.accountId === session.accountId
  const grants = isTheirs || standing.session.accountId === undefined ? standing.grants : []
  return withStaged(documents, { ...standing, session, grants })
}

/** With the grants that it leads to and that were made in this request. */
function withStaged(documents: Staged, document: SessionDocument): SessionDocument {
  const led = Object.values(document.session.authorizations ?? {}).flatMap(({ grantId }) => grantId ?? [])
  const fresh = led.flatMap((id) => {
    const payload = documents.staged(id)
    const isKept = document.grants.some((grant) => grant.id === id)
    return payload === null || isKept ? [] : [{ id, payload, families: [] }]
  })
  return fresh.length === 0 ? document : { ...document, grants: [...document.grants, ...fresh] }
}

interface Laying {
  standing: SessionDocument
  merged: AdapterPayload
  mine: AdapterPayload
}

/**
 * Of two requests that a browser's anonymous session let in, one may be a stranger's who had planted it there (session
 * fixation). So whoever signs in shuts out all other cookies, and nobody gets a new one to what another signed in to:
 * null.
 */
function cookiesWith(digest: string, { standing, merged, mine }: Laying): readonly string[] | null {
  if (merged.accountId !== standing.session.accountId) return [digest]
  return mine.accountId === merged.accountId ? renamed(standing.cookies, digest) : null
}

function renamed(cookies: readonly string[], digest: string): readonly string[] {
  const before = identifierBefore()
  const old = before === null ? null : digestOf(before)
  return [...cookies.filter((cookie) => cookie !== old && cookie !== digest), digest].slice(-COOKIES_MAX)
}

function differOnlyInTheirEnd(standing: SessionDocument, next: SessionDocument, slack: number): boolean {
  const { exp = 0 } = standing.session
  if (Math.abs((next.session.exp ?? 0) - exp) >= slack) return false
  return encodeDocument({ ...next, session: { ...next.session, exp } }) === encodeDocument(standing)
}
