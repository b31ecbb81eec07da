/**
 * The documents of sessions in the store, one under the name of each. Many requests change one at once, each knowing
 * only how it stood when it was read: a change is a function of what stands, made again on whatever stands by the time
 * it is written.
 */
import type { AdapterPayload } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { Expiry, Key } from '../expiring/expiring.ts'
import { epochSeconds, LIFETIME_SECONDS } from './lifetimes.ts'
import { sessionOfGrant } from './locators.ts'
import type { Records } from './records.ts'
import type { RequestScope } from './request-scope.ts'
import { decodeDocument, encodeDocument, type GrantRecord, type SessionDocument } from './session-document.ts'

/** Whoever loses a swap lets somebody else win: so many requests may be under way in one session. */
const SWAPS_MAX = 30

/** Of one client in one session. A relying party that signs in anew each hour, and never signs out, has no more. */
const GRANTS_MAX = 4
const FAMILIES_MAX = 10

/**
 * Of one session, as it is written. With fifty relying parties it takes some ten kilobytes. A request may name claims
 * by the kilobyte, which its refresh token keeps, and whoever asks with any token of the session reads all of them.
 */
const CHARACTERS_MAX = 64 * 1_024

/** What 50,000 people began in one hour must not end in one second. */
const SPREAD = 0.05

export interface SessionDocuments {
  /** null where nothing stands. */
  read(uid: string): Promise<SessionDocument | null>
  /** The document, and what stands under a key of its session (`keyBeside`): one trip for both. */
  readBeside(uid: string, key: Key): Promise<{ document: SessionDocument | null; raw: string | null }>
  /**
   * `edit` is given what stands (null: nothing) and answers what is to stand, or the very same where nothing changes;
   * null where it is not to be done. It is called again where somebody else was quicker, also where they were not but
   * the reply was lost: what it has done once it must find done. Answers what stands afterwards, null as `edit` did.
   */
  change(uid: string, edit: Edit, how?: Changing): Promise<SessionDocument | null>
  remove(uid: string): Promise<void>
  /** One that was made in this request is known before it stands anywhere (`stage`). */
  grant(id: string): Promise<AdapterPayload | null>
  /** Kept with the next change of its session that leads to it; until then this request alone knows of it. */
  stage(id: string, grant: AdapterPayload): void
  staged(id: string): AdapterPayload | null
}

type Edit = (standing: SessionDocument | null) => SessionDocument | null

interface Changing {
  /** Nothing is read first: it begins here, as far as this request knows. */
  mayBegin?: boolean
}

export function keyOfSession(uid: string): Key {
  return `s:${uid}`
}

/** The index of the sessions of one person. */
export function sessionsOfPerson(personId: string): string {
  return `p:${personId}`
}

/** Together with its session on one server of a cluster. */
export function keyBeside(uid: string, kind: 'access-token' | 'authorization-code', digest: string): Key {
  return `${keyOfSession(uid)}/${kind === 'access-token' ? 't' : 'c'}:${digest}`
}

export function createSessionDocuments(
  { clock }: Pick<Campus, 'clock'>,
  records: Records,
  scope: RequestScope,
): SessionDocuments {
  const now = () => epochSeconds(clock())
  const decoded = (uid: string, raw: string | null) => (raw === null ? null : decodeDocument(uid, raw))
  const read = async (uid: string) => decoded(uid, await records.read(keyOfSession(uid)))
  const staged = (id: string) => scope.current().grants.get(id) ?? null

  /** What stands is looked for there from now on: a grant that somebody revokes does not come back from memory. */
  function laid(document: SessionDocument): SessionDocument {
    for (const { id } of document.grants) scope.current().grants.delete(id)
    return document
  }

  /** Where the end of a session moves, whoever looks for the sessions of its person finds it until then. */
  function expiryOf(document: SessionDocument, before: SessionDocument | null): Expiry {
    const seconds = secondsOf(document, now())
    const { accountId, exp } = document.session
    const isFound = before?.session.accountId === accountId && before?.session.exp === exp
    return accountId === undefined || isFound ? { seconds } : { seconds, indexes: [sessionsOfPerson(accountId)] }
  }

  return {
    read,
    async readBeside(uid, key) {
      const [raw = null, beside = null] = await records.readAll([keyOfSession(uid), key])
      return { document: decoded(uid, raw), raw: beside }
    },

    async change(uid, edit, { mayBegin = false } = {}) {
      const key = keyOfSession(uid)
      let raw = mayBegin ? records.known(key) : await records.read(key)
      for (let swaps = 0; swaps < SWAPS_MAX; swaps++) {
        const standing = decoded(uid, raw)
        const edited = edit(standing)
        if (edited === null || edited === standing) return edited
        const { next, written } = fitting(within(edited, now()))
        const expiry = expiryOf(next, standing)
        if (raw === null) {
          raw = await records.reserve(key, written, expiry)
          if (raw === written) return laid(next)
          continue
        }
        const answer = await records.swap(key, raw, written, expiry)
        if (answer.swapped) return laid(next)
        raw = answer.current
      }
      throw new Error('a session changed too often to be saved')
    },

    remove: (uid) => records.remove(keyOfSession(uid)),

    async grant(id) {
      const mine = staged(id)
      if (mine !== null) return mine
      const uid = sessionOfGrant(id)
      const document = uid === null ? null : await read(uid)
      return document?.grants.find((grant) => grant.id === id)?.payload ?? null
    },
    stage: (id, grant) => void scope.current().grants.set(id, grant),
    staged,
  }
}

/** Without what has ended, and without the oldest of more than there may be: nothing grows for ever. */
function within({ grants, ...document }: SessionDocument, now: number): SessionDocument {
  const current = new Set(Object.values(document.session.authorizations ?? {}).map(({ grantId }) => grantId))
  const lasting = grants.flatMap((grant, at): GrantRecord[] => {
    const { clientId, exp = 0 } = grant.payload
    const newer = grants.slice(at + 1).filter(({ payload }) => payload.clientId === clientId)
    if (exp <= now || (newer.length >= GRANTS_MAX && !current.has(grant.id))) return []
    const families = grant.families.filter(({ payload }) => (payload.exp ?? 0) > now).slice(-FAMILIES_MAX)
    return [families.length === grant.families.length ? grant : { ...grant, families }]
  })
  return { ...document, grants: lasting }
}

/** Without the families that were used longest ago, as far as it is too long with them. */
function fitting(document: SessionDocument): { next: SessionDocument; written: string } {
  const written = encodeDocument(document)
  if (written.length <= CHARACTERS_MAX) return { next: document, written }
  const families = document.grants.flatMap((grant) => grant.families)
  const [oldest] = families.toSorted((one, other) => (one.payload.iat ?? 0) - (other.payload.iat ?? 0))
  if (oldest === undefined) return { next: document, written }
  const grants = document.grants.map((grant) => ({
    ...grant,
    families: grant.families.filter((family) => family !== oldest),
  }))
  return fitting({ ...document, grants })
}

/** Access tokens rest on their grant to their end, which is after the session's or the refresh token's. */
function secondsOf({ session, grants }: SessionDocument, now: number): number {
  const families = grants.flatMap((grant) => grant.families)
  const end = Math.max(session.exp ?? 0, ...families.map(({ payload }) => payload.exp ?? 0))
  const left = Math.max(end - now, 1)
  if (session.accountId === undefined) return left
  return Math.ceil(left * (1 + SPREAD * chanceOf(session.uid ?? ''))) + LIFETIME_SECONDS.accessToken
}

/** 0 to 1, the same for one session each time. */
function chanceOf(uid: string): number {
  return (Buffer.from(uid, 'base64url')[0] ?? 0) / 255
}
