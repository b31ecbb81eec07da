/** What is known of somebody of whom nothing was stated but who they are. */
import type { Person, Placement, Profile } from '../../src/people/people.ts'

export function samplePlacement(changes: Partial<Placement> = {}): Placement {
  return {
    type: {
      code: 'undergraduate',
      name: '本科生',
      nameInEnglish: 'Undergraduate student',
      affiliations: ['student', 'member'],
      entitlements: [],
    },
    organisation: null,
    major: null,
    class: null,
    grade: null,
    level: null,
    admittedOn: null,
    graduatesOn: null,
    ...changes,
  }
}

export function sampleProfile({ identities }: Pick<Person, 'identities'>, changes: Partial<Profile> = {}): Profile {
  return {
    familyName: null,
    givenName: null,
    phone: null,
    email: null,
    orcid: null,
    updatedAt: new Date('2026-09-01T00:00:00Z'),
    placements: new Map(identities.map(({ id }) => [id, samplePlacement()])),
    ...changes,
  }
}
