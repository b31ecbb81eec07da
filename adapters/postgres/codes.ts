import type { CodeBook, Coded, CodeStore, Organisation, PersonType } from '../../src/people/people.ts'
import type { Queryable, Statement } from './database.ts'

const READ: { [Table in keyof CodeBook]: Statement } = {
  personTypes: {
    name: 'codes.person-types',
    text: `SELECT code, name, name_en AS "nameInEnglish", affiliations, entitlements FROM person_types ORDER BY code`,
  },
  organisations: {
    name: 'codes.organisations',
    text: `SELECT code, name, name_en AS "nameInEnglish", path FROM organisations ORDER BY code`,
  },
  majors: { name: 'codes.majors', text: `SELECT code, name, name_en AS "nameInEnglish" FROM majors ORDER BY code` },
  classes: { name: 'codes.classes', text: `SELECT code, name, name_en AS "nameInEnglish" FROM classes ORDER BY code` },
}

/** One statement: a roster's code book is there as a whole, or not at all. */
const ADD: Statement = {
  name: 'codes.add',
  text: `WITH types AS (
      INSERT INTO person_types (code, name, name_en, affiliations, entitlements)
      SELECT code, name, "nameInEnglish", affiliations, entitlements FROM jsonb_to_recordset($1::jsonb)
        AS stated (code text, name text, "nameInEnglish" text, affiliations text[], entitlements text[])
      ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en,
        affiliations = excluded.affiliations, entitlements = excluded.entitlements
    ), places AS (
      INSERT INTO organisations (code, name, name_en, path)
      SELECT code, name, "nameInEnglish", path FROM jsonb_to_recordset($2::jsonb)
        AS stated (code text, name text, "nameInEnglish" text, path text[])
      ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, path = excluded.path
    ), subjects AS (
      INSERT INTO majors (code, name, name_en)
      SELECT code, name, "nameInEnglish" FROM jsonb_to_recordset($3::jsonb)
        AS stated (code text, name text, "nameInEnglish" text)
      ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en
    )
    INSERT INTO classes (code, name, name_en)
    SELECT code, name, "nameInEnglish" FROM jsonb_to_recordset($4::jsonb)
      AS stated (code text, name text, "nameInEnglish" text)
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en`,
}

export function createCodeStore(queryable: Queryable): CodeStore {
  return {
    async read() {
      return {
        personTypes: await queryable.query<PersonType>(READ.personTypes),
        organisations: await queryable.query<Organisation>(READ.organisations),
        majors: await queryable.query<Coded>(READ.majors),
        classes: await queryable.query<Coded>(READ.classes),
      }
    },
    async add({ personTypes = [], organisations = [], majors = [], classes = [] }) {
      await queryable.query(
        ADD,
        [personTypes, organisations, majors, classes].map((table) => JSON.stringify(table)),
      )
    },
  }
}
