/**
 * Sessions: the authority lies under the session's uid, which stays; a pointer to it lies under the hash of the cookie,
 * which changes with every step. A pointer is written once, by the request that made its cookie: nobody who is under way
 * with an older cookie can bring that one back to life (session fixation).
 */
import { type Adapter, type AdapterPayload, type ClientAuthorizationState, errors, Provider } from 'oidc-provider'
import { z } from 'zod'
import type { Expiry, Key } from '../expiring/expiring.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import { decode, encode, keyOf, type Records } from './records.ts'
import type { RequestScope } from './request-scope.ts'
import { mergeSession } from './session-merge.ts'

/** A session that differs in nothing but this much of its end is not written again. */
const SLIDES_BY_SECONDS = 60

/** Whoever loses a swap lets somebody else win: so many requests may be under way in one session. */
const SWAPS_MAX = 30

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

export function createSessionRecords(records: Records, gatekeeper: Gatekeeper, scope: RequestScope): SessionRecords {
  /** As the provider's own object stood when it was loaded or saved: what differs from it, this request has changed. */
  function baseOf(key: Key): AdapterPayload | null {
    return decode('Session', scope.current().sessions.get(key) ?? null)
  }

  async function load(uid: string): Promise<AdapterPayload | undefined> {
    const key = authorityKey(uid)
    const raw = await records.read(key)
    const session = decode('Session', raw)
    if (session === null || raw === null) return undefined
    scope.current().sessions.set(key, raw)
    return session
  }

  async function uidOf(cookieId: string): Promise<string | null> {
    const raw = await records.read(pointerKey(cookieId))
    return raw === null ? null : (pointerSchema.safeParse(JSON.parse(raw)).data?.uid ?? null)
  }

  /** Lays this request's changes onto what stands, until nobody came between. null: the session has ended. */
  async function lay(key: Key, mine: AdapterPayload, expiry: Expiry | null): Promise<AdapterPayload | null> {
    const base = baseOf(key)
    let raw = records.known(key)
    for (let swaps = 0; swaps < SWAPS_MAX; swaps++) {
      const standing = decode('Session', raw)
      if (standing === null || raw === null) {
        // Signed out elsewhere: nothing of it may come back. A session that was nobody's may begin again.
        if (base?.accountId !== undefined || expiry === null) return null
        const written = encode(mine)
        raw = await records.reserve(key, written, expiry)
        if (raw === written) return mine
        continue
      }
      const merged = mergeSession(standing, base ?? standing, mine)
      if (merged === null || differOnlyInTheirEnd(standing, merged)) return merged
      const kept = expiry === null || merged.exp !== mine.exp ? undefined : expiry
      const answer = await records.swap(key, raw, encode(merged), kept)
      if (answer.swapped) return merged
      raw = answer.current
    }
    throw new Error('a session changed too often to be saved')
  }

  return {
    async upsert(cookieId, payload, seconds = LIFETIME_SECONDS.anonymousSession) {
      const uid = payload.uid ?? ''
      const key = authorityKey(uid)
      if (signsIn(baseOf(key), payload)) await gatekeeper.admit('Session', payload)
      const [standing] = await Promise.all([lay(key, payload, expiryOf(payload, seconds)), point(cookieId, payload)])
      if (standing === null) throw new errors.SessionNotFound('the session has ended')
      scope.current().sessions.set(key, encode(payload))
    },

    async find(cookieId) {
      const uid = await uidOf(cookieId)
      const session = uid === null ? undefined : await load(uid)
      return session && { ...session, jti: cookieId }
    },

    findByUid: load,

    async destroy(cookieId) {
      const pointer = pointerKey(cookieId)
      if (isBeingRenamed(cookieId)) return records.remove(pointer)
      const uid = await uidOf(cookieId)
      // Unconditionally: a sign-out never loses to somebody who saves the session at the same moment.
      await Promise.all([uid === null ? undefined : records.remove(authorityKey(uid)), records.remove(pointer)])
    },

    async authorize({ uid, accountId, clientId }, mine) {
      const key = authorityKey(uid)
      const base = baseOf(key)
      // Nobody else can be under way in a session that begins with this request.
      if (base === null || base.accountId !== accountId) return mine
      const standing = await lay(key, withAuthorization(base, clientId, mine), null)
      const decided = standing?.authorizations?.[clientId] ?? mine
      scope.current().sessions.set(key, encode(withAuthorization(base, clientId, decided)))
      return decided
    },

    consume: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  }

  function point(cookieId: string, { uid, ...session }: AdapterPayload): Promise<void> | undefined {
    const pointer = pointerKey(cookieId)
    if (records.known(pointer) !== null) return undefined
    return records.put(pointer, JSON.stringify({ kind: 'SessionPointer', uid }), { seconds: pointerSeconds(session) })
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

function differOnlyInTheirEnd({ exp: was = 0, ...standing }: AdapterPayload, { exp = 0, ...merged }: AdapterPayload) {
  return Math.abs(exp - was) < SLIDES_BY_SECONDS && JSON.stringify(standing) === JSON.stringify(merged)
}

function withAuthorization(session: AdapterPayload, clientId: string, mine: ClientAuthorizationState): AdapterPayload {
  return { ...session, authorizations: { ...session.authorizations, [clientId]: mine } }
}

/** The provider destroys the old identifier when a step renames the session, and the present one when it ends. */
function isBeingRenamed(cookieId: string): boolean {
  const session: object = Provider.ctx?.oidc.session ?? {}
  return 'oldId' in session && session.oldId === cookieId
}

function authorityKey(uid: string): Key {
  return keyOf('Session', uid)
}

function pointerKey(cookieId: string): Key {
  return keyOf('SessionPointer', cookieId)
}
