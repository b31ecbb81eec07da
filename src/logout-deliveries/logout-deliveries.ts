/**
 * Which relying parties are to be told that a session has ended (OpenID Connect Back-Channel Logout 1.0), and the work
 * of telling them: later than the act that ends the session, again and again for a day, and never in somebody's
 * request. What a logout token looks like, src/oidc knows.
 */
import type { PersonId } from '../people/people.ts'

export { DELIVERY_HOURS } from './horizon.ts'
export { startLogoutDeliveries } from './start-deliveries.ts'

/** A session of a person, as the relying party knows it that is to end its own. */
export interface LogoutNotice {
  clientId: string
  personId: PersonId
  /** As in the ID tokens of the session. */
  sid: string
}

export interface LogoutDelivery extends LogoutNotice {
  id: string
  /** Tries that were begun, this one included. */
  attempts: number
  /** When it is given up. */
  until: Date
}

/** A delivery as an operator sees it. */
export interface StandingDelivery extends LogoutDelivery {
  endedAt: Date
  /** The next try. */
  dueAt: Date
  /** A stable code; null before the first failure. */
  failure: string | null
  /** null while it is tried again. */
  givenUpAt: Date | null
}

export interface Taking {
  now: Date
  /** Nobody else takes them before. */
  heldUntil: Date
  /** Those who must not get any now: they have their share, or do not answer. */
  except: readonly string[]
  perClient: number
  most: number
}

/** `taken` says whose try it was: what somebody else has taken since is left alone. */
type Taken = Pick<LogoutDelivery, 'id' | 'attempts'>

/** Each call is one statement. What ends a session writes its rows with that end (`NotBeforeStore.set`). */
export interface LogoutDeliveryStore {
  /** Clients without an address to be told at are left out, and so is what is to be told already. */
  add(notices: readonly LogoutNotice[], endedAt: Date): Promise<void>
  /** The longest due first; what another process holds is passed over. */
  take(taking: Taking): Promise<LogoutDelivery[]>
  /** Told, or nobody is left to be told: nothing of it is kept. */
  finish(taken: Taken): Promise<void>
  postpone(taken: Taken, next: { dueAt: Date; failure: string }): Promise<void>
  giveUp(taken: Taken, why: { at: Date; failure: string }): Promise<void>
  /** Gives up what nobody came to in time, at most `limit`. Answers how many of each client. */
  giveUpOverdue(now: Date, limit: number): Promise<{ clientId: string; count: number }[]>
  /** Removes what was given up before this moment, at most `limit`, and answers how many. */
  forget(givenUpBefore: Date, limit: number): Promise<number>
  counts(): Promise<{ waiting: number; givenUp: number }>
  /** Those that were given up, or those that wait; the oldest end first. */
  list(which: { givenUp: boolean; clientId: string | null; limit: number }): Promise<StandingDelivery[]>
  /** Tries again what was given up, for as long as at first. Answers how many. */
  retry(which: { clientId: string | null; now: Date; until: Date }): Promise<number>
}

/** A session that has ended and still lies in the store of what expires. */
export interface EndedSession {
  /** Those who took part in it. */
  notices: LogoutNotice[]
  /** Unless somebody has changed it since it was read: then false, and it is to be read again. */
  remove(): Promise<boolean>
}

export type Told =
  | { kind: 'told' }
  /** The client was disabled, or has no address any more. */
  | { kind: 'nobody' }
  /** `answers`: it is there, and did not want this one. `cause` is for the log. */
  | { kind: 'failed'; failure: string; answers: boolean; cause: unknown }

/** What src/oidc lends to this work. */
export interface LogoutDesk {
  /** Sends a logout token that is made now. Within three seconds; never rejects for what the other end does. */
  tell(notice: LogoutNotice): Promise<Told>
  /** At most a thousand: where they are removed, the next ones are found. */
  endedBy(end: UntoldEnd): Promise<EndedSession[]>
}

/** A moment that was set (`NotBeforeStore.set`), of which no relying party knows yet. */
export interface UntoldEnd {
  kind: 'person' | 'session'
  id: string
  at: Date
}
