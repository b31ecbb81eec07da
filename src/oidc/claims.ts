/**
 * What is true of a person, claim by claim, as far as it is known: from what one query has answered, and without a
 * look at who asks. src/clients says what belongs to which scope, and what a client may read.
 */
import type { AccountClaims } from 'oidc-provider'
import { type Identity, type Person, type Placement, type Profile, validIdentities } from '../people/people.ts'
import { eduPersonClaims } from './eduperson.ts'

export interface KnownPerson {
  person: Person
  profile: Profile
  /** Under which identity the client knows them, where they chose one; null: the one that speaks for them. */
  identityId: string | null
  /** What stands behind the @ of eduPerson's values; null where the operator names none. */
  schoolDomain: string | null
}

type Said = Record<string, unknown>

/**
 * What is not known is left out. Where the chosen identity has ended, no other speaks in its place: the client would
 * take one number for another. The library puts the relying party's own `sub` in place of this one.
 */
export function claimsAbout({ person, profile, identityId, schoolDomain }: KnownPerson, at: Date): AccountClaims {
  const valid = validIdentities(person, at)
  const identity = (identityId === null ? valid[0] : valid.find(({ id }) => id === identityId)) ?? null
  const placements = valid.map(({ id }) => profile.placements.get(id)).filter((placement) => placement !== undefined)
  return {
    sub: person.id,
    ...known({ name: person.name, family_name: profile.familyName, given_name: profile.givenName }),
    updated_at: Math.floor(profile.updatedAt.getTime() / 1_000),
    campus_status: person.state,
    ...(identity && { preferred_username: identity.number, ...identityClaims(identity, profile) }),
    campus_identities: valid.map((one) => identityClaims(one, profile)),
    ...contactClaims(profile),
    ...eduPersonClaims({ placements, number: identity?.number ?? null, orcid: profile.orcid, schoolDomain }),
  }
}

function identityClaims({ id, number, type, organisation }: Identity, { placements }: Profile): Said {
  const placement = placements.get(id)
  const named = placement?.organisation ? {} : known({ campus_org_name: organisation })
  return {
    campus_id: number,
    campus_type: type,
    ...(placement && { campus_type_name: placement.type.name, ...placementClaims(placement) }),
    ...named,
  }
}

function placementClaims(placement: Placement): Said {
  const { organisation, major, class: group } = placement
  const top = organisation?.above[0]
  return known({
    campus_org_code: organisation?.code,
    campus_org_name: organisation?.name,
    campus_top_org_code: top?.code,
    campus_top_org_name: top?.name,
    campus_org_path: organisation?.above.map(({ name }) => name),
    campus_major_code: major?.code,
    campus_major_name: major?.name,
    campus_class_code: group?.code,
    campus_class_name: group?.name,
    campus_grade: placement.grade,
    campus_level: placement.level,
    campus_admission_date: placement.admittedOn,
    campus_expected_graduation: placement.graduatesOn,
  })
}

/** OpenID Connect Core §5.1: `…_verified` says whether we have seen that it is theirs. */
function contactClaims({ phone, email }: Profile): Said {
  return {
    ...(phone && { phone_number: phone.value, phone_number_verified: phone.verifiedAt !== null }),
    ...(email && { email: email.value, email_verified: email.verifiedAt !== null }),
  }
}

function known(said: Said): Said {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null && value !== undefined))
}
