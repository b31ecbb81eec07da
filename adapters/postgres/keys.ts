import type { KeyStore, StoredKey } from '../../src/keys/keys.ts'
import type { Queryable, Statement } from './database.ts'

const COLUMNS = 'id, purpose, public_jwk, sealed, sealed_by, announced_at, active_from, retiring_from, retired_from'

const LIST: Statement = {
  name: 'keys.list',
  text: `SELECT id, purpose, public_jwk AS "publicJwk", sealed, sealed_by AS "sealedBy",
      announced_at AS "announcedAt", active_from AS "activeFrom",
      retiring_from AS "retiringFrom", retired_from AS "retiredFrom"
    FROM keys ORDER BY purpose, active_from, id`,
}

/** The key that nothing follows yet stands in the way of another one. */
const ADD_FIRST: Statement = {
  name: 'keys.add-first',
  text: `INSERT INTO keys (${COLUMNS}) VALUES ($1, $2, $3::text::jsonb, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
}

/** Whoever waited for the row finds that something follows it, and adds nothing. */
const FOLLOW: Statement = {
  name: 'keys.follow',
  text: `WITH followed AS (
      UPDATE keys SET retiring_from = $7, retired_from = $11
      WHERE id = $10 AND purpose = $2 AND retiring_from IS NULL RETURNING id
    )
    INSERT INTO keys (${COLUMNS})
    SELECT $1, $2, $3::text::jsonb, $4, $5, $6, $7, $8, $9 FROM followed RETURNING id`,
}

const REMOVE: Statement = { name: 'keys.remove', text: 'DELETE FROM keys WHERE id = $1 RETURNING id' }

const RESEAL: Statement = {
  name: 'keys.reseal',
  text: 'UPDATE keys SET sealed = $3, sealed_by = $4 WHERE id = $1 AND sealed_by = $2 RETURNING id',
}

export function createKeyStore(queryable: Queryable): KeyStore {
  const isDone = async (statement: Statement, values: readonly unknown[]) =>
    (await queryable.query(statement, values)).length === 1
  return {
    list: () => queryable.query<StoredKey>(LIST),
    async addFirst(keys) {
      for (const key of keys) await queryable.query(ADD_FIRST, valuesOf(key))
    },
    follow: (before, next, retiredFrom) => isDone(FOLLOW, [...valuesOf(next), before, retiredFrom]),
    remove: (id) => isDone(REMOVE, [id]),
    reseal: (id, before, { sealed, sealedBy }) => isDone(RESEAL, [id, before, sealed, sealedBy]),
  }
}

/** In the order of `COLUMNS`. */
function valuesOf(key: StoredKey): unknown[] {
  const { id, purpose, publicJwk, sealed, sealedBy, announcedAt, activeFrom, retiringFrom, retiredFrom } = key
  const jwk = publicJwk === null ? null : JSON.stringify(publicJwk)
  return [id, purpose, jwk, sealed, sealedBy, announcedAt, activeFrom, retiringFrom, retiredFrom]
}
