/**
 * The one check on every path that issues a session, code or token: person, client, grant and `not_before`.
 * An error here is a refusal, also when PostgreSQL is down: deny is the default.
 */
import type { PersonId, PersonState } from '../people/people.ts'

export type NotBeforeKind = 'person' | 'client' | 'session'

/** What the gate must know, answered by one query. */
export interface Standing {
  /** null when there is no such person. */
  personState: PersonState | null
  clientEnabled: boolean
  /** The latest of the moments set for this person, client and session; null when none is set. */
  notBefore: Date | null
}

export interface NotBeforeStore {
  standing(of: { personId: PersonId | null; clientId: string | null; sessionUid: string | null }): Promise<Standing>
  /** Whatever was issued before `at` is refused from now on. Only ever moves forward. */
  set(kind: NotBeforeKind, id: string, entry: { at: Date; reason: string; expiresAt: Date | null }): Promise<void>
}
