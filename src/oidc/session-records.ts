/**
 * Sessions: the authority lies under the session's uid, which stays; a pointer to it lies under the hash of the cookie,
 * which changes with every step. A pointer is written once, by the request that made its cookie: nobody who is under
 * way with an older cookie can bring that one back to life (session fixation).
 */
import { type Adapter, type AdapterPayload, type ClientAuthorizationState, errors, Provider } from 'oidc-provider'
import { z } from 'zod'
import type { Expiry, Key } from '../expiring/expiring.ts'
import type { CrowdControl } from './crowd-control.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import { encode, keyOf, type Records } from './records.ts'
import type { RequestScope } from './request-scope.ts'
import { createSessionAuthority } from './session-authority.ts'
import type { EndForGood } from './session-end.ts'

const pointerSchema = z.object({ kind: z.literal('SessionPointer'), uid: z.string().min(1) })

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

export function sessionsOfPerson(personId: string): string {
  return `sessions-of-person:${personId}`
}

interface Guards {
  gatekeeper: Gatekeeper
  crowd: CrowdControl
  endForGood: EndForGood
}

export function createSessionRecords(records: Records, guards: Guards, scope: RequestScope): SessionRecords {
  const { gatekeeper, crowd, endForGood } = guards
  const authority = createSessionAuthority(records, scope)

  async function uidOf(cookieId: string): Promise<string | null> {
    const raw = await records.read(pointerKey(cookieId))
    return raw === null ? null : (pointerSchema.safeParse(JSON.parse(raw)).data?.uid ?? null)
  }

  function point(cookieId: string, { uid, ...session }: AdapterPayload): Promise<void> | undefined {
    const pointer = pointerKey(cookieId)
    if (records.known(pointer) !== null) return undefined
    return records.put(pointer, JSON.stringify({ kind: 'SessionPointer', uid }), { seconds: pointerSeconds(session) })
  }

  return {
    async upsert(cookieId, payload, seconds = LIFETIME_SECONDS.anonymousSession) {
      const uid = payload.uid ?? ''
      const base = authority.base(uid)
      if (signsIn(base, payload)) await gatekeeper.admit('Session', payload)
      // Each time: what the sign-out page keeps in it may be longer than what it kept before.
      else if (payload.accountId === undefined) await crowd.admit(Buffer.byteLength(encode(payload)))
      const laid = authority.lay(uid, payload, { expiry: expiryOf(payload, seconds) })
      const [standing] = await Promise.all([laid, point(cookieId, payload)])
      if (standing === null) throw new errors.SessionNotFound('the session has ended')
      authority.rebase(uid, payload)
    },

    async find(cookieId) {
      const uid = await uidOf(cookieId)
      const session = uid === null ? undefined : await authority.load(uid)
      return session && { ...session, jti: cookieId }
    },

    findByUid: authority.load,

    async destroy(cookieId) {
      const pointer = pointerKey(cookieId)
      if (isBeingRenamed(cookieId)) return records.remove(pointer)
      const uid = await uidOf(cookieId)
      if (uid !== null) await endForGood(authority.base(uid) ?? (await authority.load(uid)) ?? {})
      // Unconditionally: a sign-out never loses to somebody who saves the session at the same moment.
      await Promise.all([uid === null ? undefined : authority.remove(uid), records.remove(pointer)])
    },

    async authorize({ uid, accountId, clientId }, mine) {
      const base = authority.base(uid)
      // Nobody else can be under way in a session that begins with this request.
      if (base === null || base.accountId !== accountId) return mine
      const before = JSON.stringify(base.authorizations?.[clientId])
      const standing = await authority.lay(uid, withAuthorization(base, clientId, mine), {
        unless: ({ authorizations }) => JSON.stringify(authorizations?.[clientId]) !== before,
      })
      return standing?.authorizations?.[clientId] ?? mine
    },

    consume: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  }
}

/** Holds as long as any session may that it leads to: the session slides, its pointer is never written again. */
function pointerSeconds({ accountId, transient }: Pick<AdapterPayload, 'accountId' | 'transient'>): number {
  if (accountId === undefined) return LIFETIME_SECONDS.anonymousSession
  return transient ? LIFETIME_SECONDS.sessionAbsolute : LIFETIME_SECONDS.sessionRemembered
}

function expiryOf({ accountId }: AdapterPayload, seconds: number): Expiry {
  return accountId === undefined ? { seconds } : { seconds, indexes: [sessionsOfPerson(accountId)] }
}

/** A session may be saved for a hundred reasons; only this one gives somebody something that they did not have. */
function signsIn(base: AdapterPayload | null, { accountId, loginTs }: AdapterPayload): boolean {
  return accountId !== base?.accountId || loginTs !== base?.loginTs
}

function withAuthorization(session: AdapterPayload, clientId: string, mine: ClientAuthorizationState): AdapterPayload {
  return { ...session, authorizations: { ...session.authorizations, [clientId]: mine } }
}

/** The provider destroys the old identifier when a step renames the session, and the present one when it ends. */
function isBeingRenamed(cookieId: string): boolean {
  const session: object = Provider.ctx?.oidc.session ?? {}
  return 'oldId' in session && session.oldId === cookieId
}

function pointerKey(cookieId: string): Key {
  return keyOf('SessionPointer', cookieId)
}
