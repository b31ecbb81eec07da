/** What a relying party may learn, by scope, and what of it is known of a person. */
import type { AccountClaims } from 'oidc-provider'
import { KNOWN_SCOPES } from '../clients/clients.ts'
import { type Person, primaryIdentity } from '../people/people.ts'

export type Scope = (typeof KNOWN_SCOPES)[number]

/** How somebody signed in stands in every ID token, asked for or not; the rest is answered at the userinfo endpoint. */
export const CLAIMS_OF_SCOPE: Readonly<Record<Scope, readonly string[]>> = {
  openid: ['sub', 'acr', 'amr', 'auth_time'],
  profile: ['name', 'preferred_username'],
  campus_basic: ['campus_id', 'name', 'campus_type', 'campus_status'],
  campus_org: ['campus_org_name'],
  offline_access: [],
}

/** What may be granted or withheld: not what every ID token says anyway. */
export function claimsOf(scopes: readonly string[]): string[] {
  const asked = KNOWN_SCOPES.filter((scope) => scope !== 'openid' && scopes.includes(scope))
  return [...new Set(asked.flatMap((scope) => CLAIMS_OF_SCOPE[scope]))]
}

/** The library picks from these what was granted, and puts the relying party's own `sub` in its place. */
export function claimsAbout(person: Person, at: Date): AccountClaims {
  const identity = primaryIdentity(person, at)
  return {
    sub: person.id,
    name: person.name,
    campus_status: person.state,
    ...(identity && {
      preferred_username: identity.number,
      campus_id: identity.number,
      campus_type: identity.type,
      ...(identity.organisation !== null && { campus_org_name: identity.organisation }),
    }),
  }
}
