import type { NewPerson, PeopleStore } from '../../src/people/people.ts'
import type { Queryable, Statement } from './database.ts'
import { brokenUniqueness } from './failures.ts'
import { IDENTITY_ORDER, PERSON_COLUMNS, type PersonRow, peopleFrom } from './person-rows.ts'

const FIND: Statement = {
  name: 'people.find',
  text: `SELECT ${PERSON_COLUMNS} FROM people LEFT JOIN identities ON identities.person_id = people.id
    WHERE people.id = $1 ORDER BY ${IDENTITY_ORDER}`,
}

const FIND_BY_LOGIN: Statement = {
  name: 'people.find-by-login',
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

const LOGIN_CONSTRAINTS = ['logins_pkey', 'identities_number_key']

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
        .catch((cause) => Promise.reject(loginTaken(cause)))
    },
    async list({ after, limit }) {
      return peopleFrom(await queryable.query<PersonRow>(LIST, [after ?? '', limit]))
    },
  }
}

/** src/people makes a refusal of this; other broken constraints are bugs and stay what they are. */
function loginTaken(cause: unknown): unknown {
  if (!LOGIN_CONSTRAINTS.includes(brokenUniqueness(cause) ?? '')) return cause
  return Object.assign(new Error('a number or an alias is taken', { cause }), { code: 'login_taken' })
}
