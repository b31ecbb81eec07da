/**
 * The sessions of a person, to be looked at and ended. The list is kept lazily and decides nothing: what has ended is
 * refused by the gate, whether it still stands here or not.
 */
import type { AdapterPayload } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { Key } from '../expiring/expiring.ts'
import type { PersonId } from '../people/people.ts'
import { epochSeconds, LIFETIME_SECONDS } from './lifetimes.ts'
import type { SessionNotes } from './session-choices.ts'
import { keyOfSession, sessionsOfPerson } from './session-documents.ts'
import { sessionIn } from './stored-sessions.ts'

export interface PersonSession {
  /** Opens nothing. */
  id: string
  personId: PersonId
  signedInAt: Date
  /** The last proof: a step-up moves it on. */
  provenAt: Date
  /** Unless it is used until then; with 7天免登录, in any case. */
  endsAt: Date
  remembered: boolean
  /** Network and browser of the sign-in, such as `192.0.2.0/24, Firefox, Windows`. */
  from: string | null
  /** Identifiers of the relying parties that took part. */
  clients: string[]
}

/** Nobody has so many; who has more has somebody else in their account, and ends them all. */
const LISTED_MAX = 200

type Needs = Pick<Campus, 'expiring' | 'notBefore' | 'clock'>

/** Those that count, the newest first. */
export async function listSessions(needs: Needs, personId: PersonId): Promise<PersonSession[]> {
  const keys = await needs.expiring.listed(sessionsOfPerson(personId), LISTED_MAX)
  const found = await Promise.all(keys.map((key) => readStanding(needs, key)))
  return found
    .filter((session) => session?.personId === personId)
    .filter((session) => session !== null)
    .toSorted((one, other) => other.signedInAt.getTime() - one.signedInAt.getTime())
}

/** null where it has ended, or never was. */
export function findSession(needs: Needs, id: string): Promise<PersonSession | null> {
  return readStanding(needs, keyOfSession(id))
}

async function readStanding({ expiring, notBefore, clock }: Needs, key: Key): Promise<PersonSession | null> {
  const session = sessionIn(key, await expiring.read(key))
  const { accountId: personId, uid: sessionUid, loginTs = 0, exp = 0 } = session ?? {}
  if (session === null || personId === undefined || sessionUid === undefined) return null
  if (exp <= epochSeconds(clock())) return null
  const { notBefore: ended } = await notBefore.standing({ personId, clientId: null, sessionUid })
  if (ended !== null && loginTs * 1_000 < ended.getTime()) return null
  return describe({ ...session, uid: sessionUid, accountId: personId })
}

function describe(session: AdapterPayload & SessionNotes & { uid: string; accountId: string }): PersonSession {
  const { uid, accountId, loginTs = 0, signedInAt = loginTs, signedInFrom, exp = 0, transient } = session
  return {
    id: uid,
    personId: accountId,
    signedInAt: new Date(signedInAt * 1_000),
    provenAt: new Date(loginTs * 1_000),
    endsAt: new Date(exp * 1_000),
    remembered: transient !== true,
    from: signedInFrom ?? null,
    clients: Object.keys(session.authorizations ?? {}),
  }
}

interface Ending {
  /** As the audit has it: `operator:<name>`, `person:<uuid>`. */
  actor: string
}

type EndingNeeds = Pick<Campus, 'transaction' | 'clock'>

/** Ends one for good: itself, its codes and its tokens. Its relying parties are told. */
export async function endSession(needs: EndingNeeds, session: PersonSession, { actor }: Ending): Promise<void> {
  const { id, personId, provenAt } = session
  // A sign-in may count from the coming second, and is ended all the same.
  const at = new Date(Math.max(needs.clock().getTime(), provenAt.getTime() + 1))
  const expiresAt = new Date(at.getTime() + LIFETIME_SECONDS.grant * 1_000)
  await needs.transaction(async ({ notBefore, audit }) => {
    await notBefore.set('session', id, { at, reason: 'ended', expiresAt })
    await audit.record({ event: 'session.ended', result: 'success', actor, subject: `person:${personId}` })
  })
}

/** Ends whatever a person has: sessions, codes and tokens. Their relying parties are told. */
export async function endSessionsOf(needs: EndingNeeds, personId: PersonId, { actor }: Ending): Promise<void> {
  const at = needs.clock()
  await needs.transaction(async ({ notBefore, audit }) => {
    await notBefore.set('person', personId, { at, reason: 'ended', expiresAt: null })
    await audit.record({ event: 'sessions.ended', result: 'success', actor, subject: `person:${personId}` })
  })
}
