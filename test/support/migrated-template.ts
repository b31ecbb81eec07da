import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Client, escapeIdentifier } from 'pg'
import { pino } from 'pino'
import { migrate } from '../../adapters/postgres/migrate.ts'
import { openPool } from '../../adapters/postgres/pool.ts'

const MIGRATIONS = resolve(import.meta.dirname, '../../migrations')
/** Any number will do, as long as all test processes agree. */
const LOCK = 7_301_844

/**
 * The name of a database with the whole schema, to be copied. The first caller makes it; it is named after the text of
 * the migrations, so that a server which outlives the run never hands out the schema of yesterday.
 */
export async function migratedTemplate(client: Client, urlOf: (database: string) => string): Promise<string> {
  const name = `campus_template_${fingerprint()}`
  await client.query('SELECT pg_advisory_lock($1)', [LOCK])
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) await make(client, name, urlOf)
    return name
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK])
  }
}

/** Under its own name only once it is whole: whoever dies half-way leaves nothing that could be taken for it. */
async function make(client: Client, name: string, urlOf: (database: string) => string) {
  const draft = `${name}_${randomBytes(4).toString('hex')}`
  await client.query(`CREATE DATABASE ${escapeIdentifier(draft)} TEMPLATE template0`)
  const log = pino({ level: 'silent' })
  const database = openPool({ url: urlOf(draft), log })
  try {
    await migrate(database, { folder: MIGRATIONS, log })
  } finally {
    await database.close()
  }
  await client.query(`ALTER DATABASE ${escapeIdentifier(draft)} RENAME TO ${escapeIdentifier(name)}`)
}

function fingerprint(): string {
  const hash = createHash('sha256')
  for (const file of readdirSync(MIGRATIONS).sort()) hash.update(file).update(readFileSync(join(MIGRATIONS, file)))
  return hash.digest('hex').slice(0, 16)
}
