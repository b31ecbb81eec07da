import type { CredentialKind, CredentialStore } from '../../src/credentials/credentials.ts'
import type { PersonId } from '../../src/people/people.ts'
import type { Queryable, Statement } from './database.ts'

const FIND: Statement = {
  name: 'credentials.find',
  reads: true,
  text: 'SELECT data FROM credentials WHERE person_id = $1 AND kind = $2 AND label = $3',
}

const FIND_BY_LOGIN: Statement = {
  name: 'credentials.find-by-login',
  text: `SELECT logins.person_id AS "personId", credentials.data FROM logins
    LEFT JOIN credentials ON credentials.person_id = logins.person_id AND credentials.kind = $2 AND label = ''
    WHERE logins.login = $1`,
}

const PUT: Statement = {
  name: 'credentials.put',
  text: `INSERT INTO credentials (person_id, kind, label, data) VALUES ($1, $2, $3, $4::jsonb)
    ON CONFLICT (person_id, kind, label) DO UPDATE SET data = excluded.data, updated_at = now()`,
}

/**
 * The credential's row first: whoever sets a new one holds it while failures are forgotten for that one, so the two
 * wait for each other in one order. A try that was counted since this began stays counted.
 */
const CONFIRM: Statement = {
  name: 'credentials.confirm',
  text: `WITH confirmed AS (
      UPDATE credentials SET data = $4::jsonb, updated_at = now()
      WHERE person_id = $1 AND kind = $2 AND label = '' AND data = $3::jsonb RETURNING person_id, kind
    ), forgotten AS (
      DELETE FROM credential_failures AS failures USING confirmed
      WHERE failures.person_id = confirmed.person_id AND failures.kind = confirmed.kind
    )
    SELECT person_id FROM confirmed`,
}

const REMOVE: Statement = {
  name: 'credentials.remove',
  text: 'DELETE FROM credentials WHERE person_id = $1 AND kind = $2 AND label = $3',
}

/**
 * Counting and the cap are one statement on one locked row: of many who guess at once each gets a number of their own,
 * and nobody one above the cap. A person who does not exist costs the same statement.
 */
const TAKE_TRY: Statement = {
  name: 'credentials.take-try',
  text: `INSERT INTO credential_failures AS failures (person_id, kind, scope, count)
    SELECT id, $2, $3, 1 FROM people WHERE id = $1 AND $4::integer > 0
    ON CONFLICT (person_id, kind, scope) DO UPDATE SET count = failures.count + 1, updated_at = now()
      WHERE failures.count < $4::integer
    RETURNING count`,
}

/**
 * The row is locked and read anew first, so that of many who give back at once each takes one away, and the last takes
 * the row: the table keeps no zero. (Each of the other two would judge by what stood when the statement began.)
 */
const GIVE_BACK_TRY: Statement = {
  name: 'credentials.give-back-try',
  text: `WITH standing AS MATERIALIZED (
      SELECT count FROM credential_failures WHERE person_id = $1 AND kind = $2 AND scope = $3 FOR UPDATE
    ), emptied AS (
      DELETE FROM credential_failures USING standing
      WHERE person_id = $1 AND kind = $2 AND scope = $3 AND standing.count = 1
    )
    UPDATE credential_failures SET count = standing.count - 1, updated_at = now() FROM standing
    WHERE person_id = $1 AND kind = $2 AND scope = $3 AND standing.count > 1`,
}

const FORGET_FAILURES: Statement = {
  name: 'credentials.forget-failures',
  text: 'DELETE FROM credential_failures WHERE person_id = $1 AND kind = $2',
}

export function createCredentialStore(queryable: Queryable): CredentialStore {
  return {
    async find<Data>(kind: CredentialKind<Data>, personId: PersonId, label = '') {
      const [row] = await queryable.query<{ data: unknown }>(FIND, [personId, kind.name, label])
      return row ? kind.parse(row.data) : null
    },
    async findByLogin<Data>(kind: CredentialKind<Data>, login: string) {
      const [row] = await queryable.query<{ personId: PersonId; data: unknown }>(FIND_BY_LOGIN, [login, kind.name])
      return row ? { personId: row.personId, data: row.data === null ? null : kind.parse(row.data) } : null
    },
    async put(kind, personId, data, label = '') {
      await queryable.query(PUT, [personId, kind.name, label, JSON.stringify(data)])
    },
    async confirm(kind, personId, before, after) {
      const values = [personId, kind.name, JSON.stringify(before), JSON.stringify(after)]
      return (await queryable.query(CONFIRM, values)).length > 0
    },
    async remove(kind, personId, label = '') {
      await queryable.query(REMOVE, [personId, kind.name, label])
    },
    async takeTry(kind, personId, scope, most) {
      const [row] = await queryable.query<{ count: number }>(TAKE_TRY, [personId, kind.name, scope, most])
      return row?.count ?? null
    },
    async giveBackTry(kind, personId, scope) {
      await queryable.query(GIVE_BACK_TRY, [personId, kind.name, scope])
    },
    async forgetFailures(kind, personId) {
      await queryable.query(FORGET_FAILURES, [personId, kind.name])
    },
  }
}
