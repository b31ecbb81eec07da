/** What a person allowed a third-party client. It outlives sessions and grants; src/oidc makes grants from it. */
import type { PersonId } from '../people/people.ts'

export interface Consent {
  scopes: string[]
  /** Single claims asked for by the `claims` parameter (OpenID Connect Core §5.5). */
  claims: string[]
  grantedAt: Date
}

export interface ConsentStore {
  find(personId: PersonId, clientId: string): Promise<Consent | null>
  /** Adds to what was allowed before. */
  allow(personId: PersonId, clientId: string, allowed: { scopes: string[]; claims: string[] }): Promise<void>
  withdraw(personId: PersonId, clientId: string): Promise<void>
  /** Of everybody: the client is not the one any more that they allowed. */
  withdrawAll(clientId: string): Promise<void>
}
