/** What expires, kept in PostgreSQL: for the demo and the smallest installation. The functions stand in migrations/. */
import type { Count, Counter, ExpiringStore, Expiry, Key } from '../../src/expiring/expiring.ts'
import type { Queryable, Statement } from './database.ts'

const LISTED_MAX = 1_000

/** Rows that have expired are never answered, but they stay until `sweep` takes them: see sweeping.ts. */
export interface SweptExpiringStore extends ExpiringStore {
  /** Removes at most `limit` expired rows of each table and answers the number of rows removed. */
  sweep(limit: number): Promise<number>
}

const READ: Statement = {
  name: 'expiring.read',
  text: 'SELECT value FROM expiring WHERE key = $1 AND expires_at > now()',
}

const READ_ALL: Statement = {
  name: 'expiring.read-all',
  text: 'SELECT key, value FROM expiring WHERE key = ANY($1) AND expires_at > now()',
}

const PUT: Statement = { name: 'expiring.put', text: 'SELECT expiring_put($1, $2, $3, $4)' }

const RESERVE: Statement = { name: 'expiring.reserve', text: 'SELECT expiring_reserve($1, $2, $3, $4) AS value' }

const SWAP: Statement = {
  name: 'expiring.swap',
  text: 'SELECT swapped, current_value AS current FROM expiring_swap($1, $2, $3, $4, $5)',
}

const TAKE: Statement = {
  name: 'expiring.take',
  text: 'DELETE FROM expiring WHERE key = $1 RETURNING value, expires_at > now() AS "isLive"',
}

const REMOVE: Statement = { name: 'expiring.remove', text: 'DELETE FROM expiring WHERE key = $1' }

/** `now()` stands still during the statement: a window that ends at this moment ends for the sum and the time alike. */
const COUNT: Statement = {
  name: 'expiring.count',
  text: `INSERT INTO expiring AS standing (key, value, expires_at)
    VALUES ($1, $3::integer::text, now() + make_interval(secs => $2::lifetime_seconds))
    ON CONFLICT (key) DO UPDATE SET
      value = CASE WHEN standing.expires_at > now()
        THEN (standing.value::integer + $3::integer)::text ELSE excluded.value END,
      expires_at = CASE WHEN standing.expires_at > now() THEN standing.expires_at ELSE excluded.expires_at END
    RETURNING value::integer AS count, ceil(extract(epoch FROM expires_at - now()))::integer AS "secondsLeft"`,
}

/** In one order whoever counts: two that count the same keys never wait for each other in a circle. */
const COUNT_ALL: Statement = {
  name: 'expiring.count-all',
  text: `INSERT INTO expiring AS standing (key, value, expires_at)
    SELECT key, by::text, now() + make_interval(secs => seconds::lifetime_seconds)
    FROM unnest($1::text[], $2::integer[], $3::integer[]) AS counters (key, seconds, by) ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
      value = CASE WHEN standing.expires_at > now()
        THEN (standing.value::integer + excluded.value::integer)::text ELSE excluded.value END,
      expires_at = CASE WHEN standing.expires_at > now() THEN standing.expires_at ELSE excluded.expires_at END
    RETURNING key, value::integer AS count, ceil(extract(epoch FROM expires_at - now()))::integer AS "secondsLeft"`,
}

const LISTED: Statement = {
  name: 'expiring.listed',
  text: `SELECT expiring.key FROM expiring_indexes JOIN expiring USING (key)
    WHERE expiring_indexes.name = $1 AND expiring.expires_at > now()
    ORDER BY expiring.expires_at, expiring.key LIMIT $2`,
}

const SWEEP: Statement = {
  name: 'expiring.sweep',
  text: `WITH gone AS (
      DELETE FROM expiring WHERE key IN (
        SELECT key FROM expiring WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
      ) RETURNING 1
    ), unlisted AS (
      DELETE FROM expiring_indexes WHERE (name, key) IN (
        SELECT name, key FROM expiring_indexes WHERE expires_at <= now() ORDER BY expires_at LIMIT $1
        FOR UPDATE SKIP LOCKED
      ) RETURNING 1
    )
    SELECT ((SELECT count(*) FROM gone) + (SELECT count(*) FROM unlisted))::integer AS removed`,
}

export function createPostgresExpiring(queryable: Queryable): SweptExpiringStore {
  /** For the statements that answer one row whatever happens. */
  async function one<Row>(statement: Statement, values: readonly unknown[]): Promise<Row> {
    const [row] = await queryable.query<Row>(statement, values)
    if (!row) throw new Error(`${statement.name} answered no row`)
    return row
  }

  async function put(key: Key, value: string, { seconds, indexes = [] }: Expiry): Promise<void> {
    await queryable.query(PUT, [key, value, seconds, indexes])
  }

  async function countAll(counters: readonly Counter[]): Promise<Count[]> {
    const columns = [
      counters.map(({ key }) => key),
      counters.map(({ seconds }) => seconds),
      counters.map(({ by = 1 }) => by),
    ]
    const rows = await queryable.query<Count & { key: Key }>(COUNT_ALL, columns)
    const counts = new Map(rows.map(({ key, count, secondsLeft }) => [key, { count, secondsLeft }]))
    return counters.flatMap(({ key }) => counts.get(key) ?? [])
  }

  return {
    async read(key: Key) {
      const [row] = await queryable.query<{ value: string }>(READ, [key])
      return row?.value ?? null
    },
    put,
    async readAll(keys: readonly Key[]) {
      const rows = await queryable.query<{ key: Key; value: string }>(READ_ALL, [keys])
      const values = new Map(rows.map(({ key, value }) => [key, value]))
      return keys.map((key) => values.get(key) ?? null)
    },
    async reserve(key: Key, value: string, { seconds, indexes = [] }: Expiry) {
      const standing = await one<{ value: string }>(RESERVE, [key, value, seconds, indexes])
      return standing.value
    },
    async swap(key: Key, before: string, after: string, expiry?: Expiry) {
      const values = [key, before, after, expiry?.seconds ?? null, expiry?.indexes ?? []]
      const { swapped, current } = await one<{ swapped: boolean; current: string | null }>(SWAP, values)
      return swapped ? { swapped } : { swapped, current }
    },
    async take(key: Key) {
      const [row] = await queryable.query<{ value: string; isLive: boolean }>(TAKE, [key])
      return row?.isLive ? row.value : null
    },
    async remove(key: Key) {
      await queryable.query(REMOVE, [key])
    },
    count: (key: Key, { seconds, by = 1 }) => one<Count>(COUNT, [key, seconds, by]),
    countAll,
    async putWithin(key, value, expiry, limits) {
      const counts = await countAll(limits)
      if (limits.every(({ most }, index) => (counts[index]?.count ?? most) <= most)) await put(key, value, expiry)
      return counts
    },
    async listed(index: string, limit = LISTED_MAX) {
      const rows = await queryable.query<{ key: Key }>(LISTED, [index, Math.min(limit, LISTED_MAX)])
      return rows.map(({ key }) => key)
    },
    async ping() {
      await queryable.query({ name: 'expiring.ping', text: 'SELECT 1' })
    },
    async sweep(limit: number) {
      const { removed } = await one<{ removed: number }>(SWEEP, [limit])
      return removed
    },
  }
}
