/** eduPerson 202208 and SCHAC, as federations read them (names as in the REFEDS white paper on OpenID Connect). */
import type { Placement } from '../people/people.ts'

interface Standing {
  /** Of all identities that are valid now. */
  placements: readonly Pick<Placement, 'type'>[]
  /** The number under which the person is known to whoever asks. */
  number: string | null
  orcid: string | null
  schoolDomain: string | null
}

/**
 * Of the REFEDS assurance framework (RAF 2.0) what this system itself makes true: an identifier is one person's, and
 * is never given to another. How identities were vetted is the school's to say, and is not said here.
 */
const ASSURANCE = [
  'https://refeds.org/assurance',
  'https://refeds.org/assurance/ID/unique',
  'https://refeds.org/assurance/ID/eppn-unique-no-reassign',
]

export function eduPersonClaims({ placements, number, orcid, schoolDomain }: Standing): Record<string, unknown> {
  const affiliations = [...new Set(placements.flatMap(({ type }) => type.affiliations))]
  const entitlements = [...new Set(placements.flatMap(({ type }) => type.entitlements))]
  return {
    ...(affiliations.length > 0 && { eduperson_affiliation: affiliations }),
    ...(entitlements.length > 0 && { eduperson_entitlement: entitlements }),
    ...(orcid !== null && { eduperson_orcid: `https://orcid.org/${orcid}` }),
    eduperson_assurance: ASSURANCE,
    ...(schoolDomain !== null && {
      schac_home_organization: schoolDomain,
      ...(affiliations.length > 0 && {
        eduperson_scoped_affiliation: affiliations.map((affiliation) => `${affiliation}@${schoolDomain}`),
      }),
      ...(number !== null && { eduperson_principal_name: `${number}@${schoolDomain}` }),
    }),
  }
}
