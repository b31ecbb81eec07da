/**
 * Sessions, as the provider keeps them: found by their cookie, which changes with every step, and by their uid, which
 * stays. A cookie is let in once, by the request that made it: nobody who is under way with an older one can bring that
 * one back to life (session fixation).
 */
import { type Adapter, type AdapterPayload, type ClientAuthorizationState, errors } from 'oidc-provider'
import type { CrowdControl } from './crowd-control.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import { digestOf, sessionOfCookie } from './locators.ts'
import { encode } from './records.ts'
import type { RequestScope } from './request-scope.ts'
import type { SessionDocument } from './session-document.ts'
import type { SessionDocuments } from './session-documents.ts'
import type { EndForGood } from './session-end.ts'
import { authorize, identifierBefore, save } from './session-laying.ts'

export interface SessionRecords extends Adapter {
  /**
   * Notes at once what a client may do in this session. Answers what stands: of tabs that open one client at once the
   * first decides, or the codes of the others would hang on an authorization that the session has forgotten.
   */
  authorize(
    of: { uid: string; accountId: string; clientId: string },
    mine: ClientAuthorizationState,
  ): Promise<ClientAuthorizationState>
}

interface Parts {
  documents: SessionDocuments
  gatekeeper: Gatekeeper
  crowd: CrowdControl
  endForGood: EndForGood
}

export function createSessionRecords(
  { documents, gatekeeper, crowd, endForGood }: Parts,
  scope: RequestScope,
): SessionRecords {
  const bases = createBases(scope)

  /** One that is over may be kept for what rests on it: the library looks at its end, as it does at every record's. */
  function sessionIn(document: SessionDocument | null): AdapterPayload | undefined {
    if (document === null) return undefined
    bases.note(document.session)
    return document.session
  }

  async function documentOf(cookieId: string): Promise<SessionDocument | null> {
    const uid = sessionOfCookie(cookieId)
    const document = uid === null ? null : await documents.read(uid)
    const digest = digestOf(cookieId)
    if (!document?.cookies.includes(digest)) return null
    scope.current().cookies.add(digest)
    return document
  }

  return {
    async upsert(cookieId, payload, seconds = LIFETIME_SECONDS.anonymousSession) {
      const uid = payload.uid ?? ''
      const base = bases.of(uid)
      if (signsIn(base, payload)) await gatekeeper.admit('Session', payload)
      // Each time: what the sign-out page keeps in it may be longer than what it kept before.
      else if (payload.accountId === undefined) await crowd.admit(Buffer.byteLength(encode(payload)))
      const { jti: _inTheCookie, ...mine } = payload
      const digest = digestOf(cookieId)
      const saving = { base, mine, digest, seconds, isKnown: scope.current().cookies.has(digest) }
      const laid = await documents.change(uid, (standing) => save(documents, standing, saving), { mayBegin: true })
      if (laid === null) throw new errors.SessionNotFound('the session has ended')
      scope.current().cookies.add(digest)
      bases.note(payload)
    },

    async find(cookieId) {
      const session = sessionIn(await documentOf(cookieId))
      return session && { ...session, jti: cookieId }
    },

    findByUid: async (uid) => sessionIn(await documents.read(uid)),

    async destroy(cookieId) {
      // Its place is taken when the session is saved under the new one, in the same trip.
      if (identifierBefore() === cookieId) return
      const session = (await documentOf(cookieId))?.session
      if (session === undefined) return
      await endForGood(bases.of(session.uid ?? '') ?? session)
      // Unconditionally: a sign-out never loses to somebody who saves the session at the same moment.
      await documents.remove(session.uid ?? '')
    },

    async authorize({ uid, accountId, clientId }, mine) {
      const base = bases.of(uid)
      // Nobody else can be under way in a session that begins with this request.
      if (base === null || base.accountId !== accountId) return mine
      const laid = await documents.change(uid, (standing) => authorize(documents, standing, { base, clientId, mine }))
      return laid?.session.authorizations?.[clientId] ?? mine
    },

    consume: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  }
}

/** The provider's own object as it was loaded or saved last: what differs from it, this request has changed. */
function createBases(scope: RequestScope) {
  return {
    of(uid: string): AdapterPayload | null {
      const raw = scope.current().sessions.get(uid)
      return raw === undefined ? null : JSON.parse(raw)
    },
    note(session: AdapterPayload): void {
      scope.current().sessions.set(session.uid ?? '', encode(session))
    },
  }
}

/** A session may be saved for a hundred reasons; only this one gives somebody something that they did not have. */
function signsIn(base: AdapterPayload | null, { accountId, loginTs }: AdapterPayload): boolean {
  return accountId !== base?.accountId || loginTs !== base?.loginTs
}
