import { describe, expect, test } from '@jest/globals'
import { samplePlacement, sampleProfile } from '../../test/support/sample-profile.ts'
import { CLAIMS_OF_SCOPE, claimsOf, KNOWN_SCOPES } from '../clients/clients.ts'
import type { Identity, Person } from '../people/people.ts'
import { claimsAbout, type KnownPerson } from './claims.ts'

const now = new Date('2026-09-01T00:00:00Z')

const study: Identity = {
  id: 'study',
  number: '000007010101',
  type: 'master',
  organisation: null,
  isPrimary: true,
  validFrom: new Date('2024-09-01T00:00:00Z'),
  validTo: null,
}
const work: Identity = {
  ...study,
  id: 'work',
  number: 'B100234',
  type: 'staff',
  organisation: '图书馆',
  isPrimary: false,
}
const past: Identity = {
  ...study,
  id: 'past',
  number: '201907010101',
  type: 'undergraduate',
  isPrimary: false,
  validTo: now,
}

const person: Person = { id: 'p1', name: '买买提·艾力', state: 'active', identities: [past, study, work] }

const type = (code: string, name: string, affiliations: string[], entitlements: string[] = []) => ({
  ...{ code, name, nameInEnglish: null, affiliations, entitlements },
})
const computing = {
  ...{ code: '0701', name: '计算机学院', nameInEnglish: null },
  above: [
    { code: '07', name: '信息学部' },
    { code: '0701', name: '计算机学院' },
  ],
}
const profile = sampleProfile(person, {
  familyName: '艾力',
  givenName: '买买提',
  phone: { value: '+8613800000000', verifiedAt: now },
  email: { value: 'memet@school.example', verifiedAt: null },
  orcid: '0000-0002-1825-0097',
  placements: new Map([
    [
      'study',
      samplePlacement({
        type: type('master', '硕士研究生', ['student', 'member'], ['urn:mace:dir:entitlement:common-lib-terms']),
        organisation: computing,
        major: { code: '081200', name: '计算机科学与技术', nameInEnglish: null },
        class: { code: '2024-1', name: '计科硕2024-1班', nameInEnglish: null },
        ...{ grade: '2024', level: '硕士', admittedOn: '2024-09-01', graduatesOn: '2027-06-30' },
      }),
    ],
    ['work', samplePlacement({ type: type('staff', '职工', ['staff', 'employee', 'member']) })],
    ['past', samplePlacement({ type: type('undergraduate', '本科生', ['student', 'alum']) })],
  ]),
})

const about = (changes: Partial<KnownPerson> = {}) =>
  claimsAbout({ person, profile, identityId: null, schoolDomain: 'school.example', ...changes }, now)

describe('what is true of a person', () => {
  test('is every claim that any scope speaks of, and no other', () => {
    const { sub, ...said } = about()
    expect(sub).toBe('p1')
    expect(Object.keys(said).toSorted()).toEqual(claimsOf(KNOWN_SCOPES).toSorted())
  })

  test('is said of the identity that speaks for them', () => {
    expect(about()).toMatchObject({
      ...{ campus_id: '000007010101', preferred_username: '000007010101', campus_type: 'master' },
      ...{ campus_type_name: '硕士研究生', campus_org_code: '0701', campus_org_name: '计算机学院' },
      ...{ campus_top_org_code: '07', campus_top_org_name: '信息学部', campus_org_path: ['信息学部', '计算机学院'] },
      ...{ campus_major_name: '计算机科学与技术', campus_class_name: '计科硕2024-1班', campus_grade: '2024' },
      ...{ campus_level: '硕士', campus_admission_date: '2024-09-01', campus_expected_graduation: '2027-06-30' },
      ...{ phone_number: '+8613800000000', phone_number_verified: true },
      ...{ email: 'memet@school.example', email_verified: false, updated_at: now.getTime() / 1_000 },
      ...{ eduperson_principal_name: '000007010101@school.example', schac_home_organization: 'school.example' },
      eduperson_orcid: 'https://orcid.org/0000-0002-1825-0097',
    })
  })

  test('is said of the identity that they chose', () => {
    const said = about({ identityId: 'work' })
    expect(said).toMatchObject({
      ...{ campus_id: 'B100234', campus_type: 'staff', campus_org_name: '图书馆' },
      eduperson_principal_name: 'B100234@school.example',
    })
    expect(said).not.toHaveProperty('campus_org_code')
    expect(said).not.toHaveProperty('campus_major_code')
  })

  test('is said of no other identity where the chosen one has ended', () => {
    const said = about({ identityId: 'past' })
    for (const claim of ['campus_id', 'campus_type', 'preferred_username', 'eduperson_principal_name'])
      expect(said).not.toHaveProperty(claim)
    expect(said).toMatchObject({ name: '买买提·艾力' })
  })

  test('names identities and affiliations that are valid now, all of them, each once', () => {
    const said = about({ identityId: 'work' })
    expect(said['campus_identities']).toEqual([
      expect.objectContaining({ campus_id: '000007010101', campus_org_code: '0701', campus_grade: '2024' }),
      { campus_id: 'B100234', campus_type: 'staff', campus_type_name: '职工', campus_org_name: '图书馆' },
    ])
    expect(said['eduperson_affiliation']).toEqual(['student', 'member', 'staff', 'employee'])
    expect(said['eduperson_scoped_affiliation']).toContain('employee@school.example')
    expect(said['eduperson_entitlement']).toEqual(['urn:mace:dir:entitlement:common-lib-terms'])
  })

  test('leaves out what nobody knows, and what needs a domain where there is none', () => {
    const bare = sampleProfile(person, { placements: new Map() })
    const said = about({ profile: bare, schoolDomain: null })
    expect(Object.values(said)).not.toContain(null)
    expect(Object.values(said)).not.toContain(undefined)
    for (const claim of CLAIMS_OF_SCOPE.eduperson.filter((name) => name !== 'eduperson_assurance'))
      expect(said).not.toHaveProperty(claim)
    expect(said).toMatchObject({ campus_id: '000007010101', campus_type: 'master' })
  })
})
