/** What a relying party may ask to know of a person, scope by scope. src/oidc knows what is true of whom. */

export const KNOWN_SCOPES = [
  'openid',
  'profile',
  'campus_basic',
  'campus_org',
  'campus_study',
  'campus_identities',
  'phone',
  'email',
  'eduperson',
  'offline_access',
] as const

export type Scope = (typeof KNOWN_SCOPES)[number]

/** How somebody signed in stands in every ID token, asked for or not; the rest is answered at the userinfo endpoint. */
export const CLAIMS_OF_SCOPE: Readonly<Record<Scope, readonly string[]>> = {
  openid: ['sub', 'acr', 'amr', 'auth_time'],
  profile: ['name', 'family_name', 'given_name', 'preferred_username', 'updated_at'],
  campus_basic: ['campus_id', 'name', 'campus_type', 'campus_type_name', 'campus_status'],
  campus_org: ['campus_org_code', 'campus_org_name', 'campus_top_org_code', 'campus_top_org_name', 'campus_org_path'],
  campus_study: [
    ...['campus_major_code', 'campus_major_name', 'campus_class_code', 'campus_class_name', 'campus_grade'],
    ...['campus_level', 'campus_admission_date', 'campus_expected_graduation'],
  ],
  campus_identities: ['campus_identities'],
  phone: ['phone_number', 'phone_number_verified'],
  email: ['email', 'email_verified'],
  eduperson: [
    ...['eduperson_affiliation', 'eduperson_scoped_affiliation', 'eduperson_principal_name', 'eduperson_entitlement'],
    ...['eduperson_assurance', 'eduperson_orcid', 'schac_home_organization'],
  ],
  offline_access: [],
}

/** What may be granted or withheld: not what every ID token says anyway. */
export function claimsOf(scopes: readonly string[]): string[] {
  const asked = KNOWN_SCOPES.filter((scope) => scope !== 'openid' && scopes.includes(scope))
  return [...new Set(asked.flatMap((scope) => CLAIMS_OF_SCOPE[scope]))]
}

/** How a client is told what it may know. */
export interface ClaimTerms {
  /** Of the claims of its scopes, those that it gets; null for all of them. */
  claims: string[] | null
  /** The name under which it knows a claim, by the claim's own. */
  claim_names: Record<string, string>
}

/** The claims of its scopes, as far as its terms go. */
export function claimsWithin(scopes: readonly string[], { claims }: Pick<ClaimTerms, 'claims'>): string[] {
  return claimsOf(scopes).filter((claim) => claims?.includes(claim) ?? true)
}

const ABOUT_PEOPLE: ReadonlySet<string> = new Set(claimsOf(KNOWN_SCOPES))

/** What a client reads: nothing beyond its terms, under its own names. What the protocol says is never touched. */
export function inItsTerms({ claims, claim_names: names }: ClaimTerms, said: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(said).flatMap(([claim, value]) => {
      if (!ABOUT_PEOPLE.has(claim)) return [[claim, value]]
      return (claims?.includes(claim) ?? true) ? [[names[claim] ?? claim, value]] : []
    }),
  )
}
