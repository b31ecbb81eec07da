/**
 * The one check on every path that issues a session, code or token: person, client, grant and `not_before`.
 * An error here is a refusal, also when PostgreSQL is down: deny is the default.
 */
import type { Clock } from '../campus.ts'
import type { LogoutNotice, UntoldEnd } from '../logout-deliveries/logout-deliveries.ts'
import { maySignIn, type Person, type PersonId, type Profile, type SignInObstacle } from '../people/people.ts'

/** `everything`: the whole installation, after a restore or when an operator signs everybody out. */
export type NotBeforeKind = 'person' | 'client' | 'session' | 'everything'

/** The identifier that goes with `everything`. */
export const ALL = 'all'

/** Of whom, through which client, in which session; null for what takes no part (a client on its own account). */
export interface Party {
  personId: PersonId | null
  clientId: string | null
  sessionUid: string | null
}

/** What the gate must know, answered by one query. */
export interface Standing {
  /** null when there is no such person, or none was asked about. */
  person: Person | null
  /** Of that person. */
  profile: Profile | null
  clientEnabled: boolean
  /** The latest of the moments set for this person, client, session and everything; null when none is set. */
  notBefore: Date | null
}

export interface NotBeforeStore {
  standing(of: Party): Promise<Standing>
  /** Whatever was issued before `at` is refused from now on. Only ever moves forward. */
  set(kind: NotBeforeKind, id: string, entry: NotBeforeEntry): Promise<void>
  /** Ends of people and of sessions of which no relying party knows yet, the oldest first. */
  untold(limit: number): Promise<UntoldEnd[]>
  /** Unless a later moment has been set since. */
  told(end: UntoldEnd): Promise<void>
}

export interface NotBeforeEntry {
  at: Date
  reason: string
  expiresAt: Date | null
  /**
   * The relying parties that are to be told (src/logout-deliveries), written in the same statement. Left out where the
   * sessions are not at hand: then those of a person, or the one session, are found afterwards, and theirs are told.
   */
  tell?: readonly LogoutNotice[]
}

export type GateReason = 'no_such_person' | SignInObstacle | 'client_disabled' | 'ended'

/** With the person as the gate saw them, so that nobody has to ask again. */
export type GateAnswer =
  | { allowed: true; person: Person | null; profile: Profile | null }
  | { allowed: false; reason: GateReason }

export interface Issue extends Party {
  /**
   * When that began on which the new record rests: the sign-in of a session, the grant behind a token. A record is as
   * old as the oldest of them, so that nothing that was under way when a moment was set slips past it.
   */
  issuedAt: Date
}

interface Needs {
  notBefore: Pick<NotBeforeStore, 'standing'>
  clock: Clock
}

/** Rejects when the store does: nothing may be issued then either. */
export async function mayIssue({ notBefore, clock }: Needs, issue: Issue): Promise<GateAnswer> {
  const { personId, clientId, sessionUid } = issue
  return judge(await notBefore.standing({ personId, clientId, sessionUid }), issue, clock())
}

function judge(standing: Standing, { personId, clientId, issuedAt }: Issue, now: Date): GateAnswer {
  const { person, profile, clientEnabled, notBefore } = standing
  if (personId !== null) {
    if (person === null) return { allowed: false, reason: 'no_such_person' }
    const permission = maySignIn(person, now)
    if (!permission.allowed) return permission
  }
  if (clientId !== null && !clientEnabled) return { allowed: false, reason: 'client_disabled' }
  if (notBefore !== null && issuedAt < notBefore) return { allowed: false, reason: 'ended' }
  return { allowed: true, person, profile }
}

/** Whether it is the person who may not, whatever the client and the session are like. */
export function concernsPerson(reason: GateReason): boolean {
  return reason !== 'client_disabled' && reason !== 'ended'
}
