import { Client } from 'pg'
import { numberOf } from '../load/clients.ts'

/** Person 0 exists; the others are made after them, with the same hash, in one statement. */
const MAKE = `
  WITH new AS MATERIALIZED (
    SELECT gen_random_uuid() AS id, ($1::bigint + index)::text AS number FROM generate_series(1, $2::integer) AS index
  ), person AS (
    INSERT INTO people (id, name) SELECT id, '吴兰' FROM new
  ), identity AS (
    INSERT INTO identities (id, person_id, number, type, is_primary, valid_from)
    SELECT gen_random_uuid(), id, number, 'undergraduate', true, now() FROM new
  ), login AS (
    INSERT INTO logins (login, person_id, kind) SELECT number, id, 'number' FROM new
  )
  INSERT INTO credentials (person_id, kind, label, data)
  SELECT new.id, known.kind, known.label, known.data FROM new, credentials AS known`

export async function addPeople(databaseUrl: string, people: number): Promise<void> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query(MAKE, [numberOf(0), people - 1])
    await client.query('ANALYZE')
  } finally {
    await client.end()
  }
}
