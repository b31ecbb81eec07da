import type { NewPerson, PeopleStore, ProfileStatement } from '../../src/people/people.ts'
import type { Queryable, Statement } from './database.ts'
import { brokenReference, brokenUniqueness } from './failures.ts'
import { IDENTITY_ORDER, PERSON_COLUMNS, type PersonRow, peopleFrom } from './person-rows.ts'

const FIND: Statement = {
  name: 'people.find',
  reads: true,
  text: `SELECT ${PERSON_COLUMNS} FROM people LEFT JOIN identities ON identities.person_id = people.id
    WHERE people.id = $1 ORDER BY ${IDENTITY_ORDER}`,
}

const FIND_BY_LOGIN: Statement = {
  name: 'people.find-by-login',
  reads: true,
  text: `SELECT ${PERSON_COLUMNS} FROM logins JOIN people ON people.id = logins.person_id
    LEFT JOIN identities ON identities.person_id = people.id
    WHERE logins.login = $1 ORDER BY ${IDENTITY_ORDER}`,
}

/** The unique index on numbers gives the order; a person stands where their primary number does. */
const LIST: Statement = {
  name: 'people.list',
  text: `WITH page AS (
      SELECT number, person_id FROM identities WHERE is_primary AND number > $1 ORDER BY number LIMIT $2
    )
    SELECT ${PERSON_COLUMNS} FROM page JOIN people ON people.id = page.person_id
    JOIN identities ON identities.person_id = people.id
    ORDER BY page.number, ${IDENTITY_ORDER}`,
}

/** One statement, so that a person is never half there, also outside a transaction. */
const CREATE: Statement = {
  name: 'people.create',
  text: `WITH person AS (
      INSERT INTO people (id, name, state) VALUES ($1, $2, $3)
    ), stated AS (
      SELECT * FROM jsonb_to_recordset($4::jsonb) AS stated
        (id uuid, number text, type text, organisation text, "isPrimary" boolean,
          "validFrom" timestamptz, "validTo" timestamptz)
    ), identified AS (
      INSERT INTO identities (id, person_id, number, type, organisation, is_primary, valid_from, valid_to)
      SELECT id, $1, number, type, organisation, "isPrimary", "validFrom", "validTo" FROM stated
    )
    INSERT INTO logins (login, person_id, kind)
    SELECT lower(number), $1, 'number' FROM stated
    UNION ALL SELECT alias, $1, 'alias' FROM unnest($5::text[]) AS alias`,
}

/** One statement, so that nobody reads half of it. Somebody else's identities are nobody's here. */
const DESCRIBE: Statement = {
  name: 'people.describe',
  text: `WITH placed AS (
      UPDATE identities SET organisation_code = "organisationCode", major_code = "majorCode", class_code = "classCode",
        grade = stated.grade, level = stated.level, admitted_on = "admittedOn", graduates_on = "graduatesOn"
      FROM jsonb_to_recordset($9::jsonb) AS stated
        (id uuid, "organisationCode" text, "majorCode" text, "classCode" text, grade text, level text,
          "admittedOn" date, "graduatesOn" date)
      WHERE identities.id = stated.id AND identities.person_id = $1
    )
    UPDATE people SET family_name = $2, given_name = $3, phone_number = $4, phone_verified_at = $5, email = $6,
      email_verified_at = $7, orcid = $8, updated_at = now()
    WHERE people.id = $1`,
}

/** Waits for whoever has the row, and then looks at what they left. */
const SET_STATE: Statement = {
  name: 'people.set-state',
  text: 'UPDATE people SET state = $3 WHERE id = $1 AND state = $2 RETURNING id',
}

const LOGIN_CONSTRAINTS = ['logins_pkey', 'identities_number_key']
const CONTACT_CONSTRAINTS = ['people_verified_phone', 'people_verified_email']

export function createPeopleStore(queryable: Queryable): PeopleStore {
  const findOne = async (statement: Statement, value: string) => {
    const [person] = peopleFrom(await queryable.query<PersonRow>(statement, [value]))
    return person ?? null
  }
  return {
    find: (id) => findOne(FIND, id),
    findByLogin: (login) => findOne(FIND_BY_LOGIN, login),
    async create({ id, name, state, identities, aliases }: NewPerson) {
      await queryable
        .query(CREATE, [id, name, state, JSON.stringify(identities), aliases])
        .catch((cause) => Promise.reject(expected(cause)))
    },
    async describe(id, { familyName, givenName, phone, email, orcid, identities }: ProfileStatement) {
      const contacts = [
        phone?.value ?? null,
        phone?.verifiedAt ?? null,
        email?.value ?? null,
        email?.verifiedAt ?? null,
      ]
      const placements = Object.entries(identities).map(([identity, placement]) => ({ ...placement, id: identity }))
      const values = [id, familyName, givenName, ...contacts, orcid, JSON.stringify(placements)]
      await queryable.query(DESCRIBE, values).catch((cause) => Promise.reject(expected(cause)))
    },
    async setState(id, { from, to }) {
      return (await queryable.query<{ id: string }>(SET_STATE, [id, from, to])).length === 1
    },
    async list({ after, limit }) {
      return peopleFrom(await queryable.query<PersonRow>(LIST, [after ?? '', limit]))
    },
  }
}

/** src/people makes a refusal of these; other broken constraints are bugs and stay what they are. */
function expected(cause: unknown): unknown {
  const taken = brokenUniqueness(cause) ?? ''
  const as = (code: string, what: string) => Object.assign(new Error(what, { cause }), { code })
  if (LOGIN_CONSTRAINTS.includes(taken)) return as('login_taken', 'a number or an alias is taken')
  if (CONTACT_CONSTRAINTS.includes(taken)) return as('contact_taken', 'a verified phone or address is taken')
  const [, table] = /^identities_(type|organisation|major|class)_known$/.exec(brokenReference(cause) ?? '') ?? []
  return table === undefined ? cause : as('unknown_code', `no such ${table}`)
}
