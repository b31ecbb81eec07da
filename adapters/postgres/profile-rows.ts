/** How profiles stand in the answers of the database: beside each identity of a person, with the words of its codes. */
import type { Coded, Placement, Profile } from '../../src/people/people.ts'
import type { PersonRow } from './person-rows.ts'

/** Of the person, in each of their rows. */
interface OwnColumns {
  familyName: string | null
  givenName: string | null
  phoneNumber: string | null
  phoneVerifiedAt: Date | null
  email: string | null
  emailVerifiedAt: Date | null
  orcid: string | null
  updatedAt: Date
}

/** Of the identity. */
interface PlacementColumns extends Pick<Placement, 'grade' | 'level' | 'admittedOn' | 'graduatesOn'> {
  typeName: string
  typeNameInEnglish: string | null
  affiliations: string[]
  entitlements: string[]
  organisationCode: string | null
  organisationName: string | null
  organisationNameInEnglish: string | null
  /** `name` is null where the path names what is in no table. */
  above: { code: string; name: string | null }[] | null
  majorCode: string | null
  majorName: string | null
  majorNameInEnglish: string | null
  classCode: string | null
  className: string | null
  classNameInEnglish: string | null
}

export type ProfileRow = PersonRow & OwnColumns & PlacementColumns

export const PROFILE_COLUMNS = `people.family_name AS "familyName", people.given_name AS "givenName",
  people.phone_number AS "phoneNumber", people.phone_verified_at AS "phoneVerifiedAt", people.email,
  people.email_verified_at AS "emailVerifiedAt", people.orcid, people.updated_at AS "updatedAt",
  person_types.name AS "typeName", person_types.name_en AS "typeNameInEnglish", person_types.affiliations,
  person_types.entitlements, organisations.code AS "organisationCode", organisations.name AS "organisationName",
  organisations.name_en AS "organisationNameInEnglish",
  (SELECT jsonb_agg(jsonb_build_object('code', step.code, 'name',
      (SELECT higher.name FROM organisations AS higher WHERE higher.code = step.code COLLATE "C")) ORDER BY step.place)
    FROM unnest(organisations.path) WITH ORDINALITY AS step (code, place)) AS above,
  majors.code AS "majorCode", majors.name AS "majorName", majors.name_en AS "majorNameInEnglish",
  classes.code AS "classCode", classes.name AS "className", classes.name_en AS "classNameInEnglish",
  identities.grade, identities.level, identities.admitted_on::text AS "admittedOn",
  identities.graduates_on::text AS "graduatesOn"`

/** Every one of them by a primary key, as the organisations above are: nothing is read through. */
export const PROFILE_JOINS = `LEFT JOIN person_types ON person_types.code = identities.type
  LEFT JOIN organisations ON organisations.code = identities.organisation_code
  LEFT JOIN majors ON majors.code = identities.major_code
  LEFT JOIN classes ON classes.code = identities.class_code`

/** As the database writes it into JSON: moments are text. */
export type JsonOf<Row> = { [Column in keyof Row]: Row[Column] extends Date | null ? Text<Row[Column]> : Row[Column] }
type Text<Moment> = Moment extends Date ? string : Moment

export function profileRowFrom(row: JsonOf<ProfileRow>): ProfileRow {
  const own = {
    phoneVerifiedAt: momentIn(row.phoneVerifiedAt),
    emailVerifiedAt: momentIn(row.emailVerifiedAt),
    updatedAt: new Date(row.updatedAt),
  }
  if (row.identityId === null) return { ...row, ...own }
  return { ...row, ...own, validFrom: new Date(row.validFrom), validTo: momentIn(row.validTo) }
}

const momentIn = (text: string | null) => (text === null ? null : new Date(text))

/** All rows are of one person. */
export function profileFrom(rows: readonly ProfileRow[]): Profile | null {
  const [first] = rows
  if (!first) return null
  const { familyName, givenName, phoneNumber, phoneVerifiedAt, email, emailVerifiedAt, orcid, updatedAt } = first
  return {
    familyName,
    givenName,
    phone: phoneNumber === null ? null : { value: phoneNumber, verifiedAt: phoneVerifiedAt },
    email: email === null ? null : { value: email, verifiedAt: emailVerifiedAt },
    orcid,
    updatedAt,
    placements: new Map(
      rows.flatMap((row) => (row.identityId === null ? [] : [[row.identityId, placementFrom(row, row.type)]])),
    ),
  }
}

function placementFrom(row: PlacementColumns, type: string): Placement {
  const { affiliations, entitlements, grade, level, admittedOn, graduatesOn } = row
  const organisation = codedFrom(row.organisationCode, row.organisationName, row.organisationNameInEnglish)
  return {
    type: { code: type, name: row.typeName, nameInEnglish: row.typeNameInEnglish, affiliations, entitlements },
    organisation: organisation && { ...organisation, above: (row.above ?? []).flatMap(named) },
    major: codedFrom(row.majorCode, row.majorName, row.majorNameInEnglish),
    class: codedFrom(row.classCode, row.className, row.classNameInEnglish),
    ...{ grade, level, admittedOn, graduatesOn },
  }
}

function named({ code, name }: { code: string; name: string | null }): { code: string; name: string }[] {
  return name === null ? [] : [{ code, name }]
}

function codedFrom(code: string | null, name: string | null, nameInEnglish: string | null): Coded | null {
  return code === null || name === null ? null : { code, name, nameInEnglish }
}
