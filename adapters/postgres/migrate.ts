/**
 * Brings the schema up to this version: numbered SQL files, forward only, each in a transaction of its own. Versions
 * overlap while a new one is rolled out (expand first, contract in a later release), so a schema that is newer than we
 * are is fine, unless a file says otherwise in its first line: `-- breaking: why`.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { SchemaStep } from '../../src/backup/backup.ts'
import type { Database, LongTransaction, Queryable } from './database.ts'

/** DDL that waits for a lock makes every request behind it wait: better to give up, and be started again. */
const LOCK_SECONDS_MAX = 5

/** The `code` of an error that stands for an answer: run the migrations. */
export const SCHEMA_BEHIND = 'schema_behind'

const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/

interface Migration {
  number: number
  /** `0001-foundation`: the file without its ending. */
  name: string
  text: string
  /** SHA-256, over line feeds whatever the checkout has. */
  checksum: string
  /** Why a server that does not know this file may not run on what it leaves behind; null when it may. */
  breaking: string | null
}

type AppliedMigration = Omit<Migration, 'text'>

export interface MigrateOptions {
  folder: string
  log: Pick<Logger, 'info' | 'warn'>
}

/** Applies what is missing. Of two servers that start at once, one applies each file, and both go on. */
export async function migrate(database: Database, { folder, log }: MigrateOptions): Promise<{ applied: string[] }> {
  const known = await readMigrations(folder)
  const applied: string[] = []
  for (;;) {
    const name = await database.longTransaction((transaction) => applyNext(transaction, known))
    if (name === null) break
    log.info({ migration: name }, 'applied a migration')
    applied.push(name)
  }
  const unknown = (await appliedMigrations(database)).filter(({ number }) => number > known.length)
  if (unknown.length > 0)
    log.warn({ migrations: unknown.map(({ name }) => name) }, 'the schema is newer than this server')
  return { applied }
}

/** What `migrate` would apply now, in order. Changes nothing. Rejects where `migrate` would refuse. */
export async function pendingMigrations(database: Queryable, { folder }: { folder: string }): Promise<string[]> {
  const known = await readMigrations(folder)
  const applied = await appliedMigrations(database)
  return missing(known, applied).map(({ name }) => name)
}

/**
 * The same inside of one transaction, and up to so many files: a backup comes back into the schema that it was taken
 * from, and is brought forward from there, or nothing of it is kept.
 */
export async function migrateInside(transaction: LongTransaction, folder: string, files?: number): Promise<void> {
  const known = (await readMigrations(folder)).slice(0, files)
  while ((await applyNext(transaction, known)) !== null);
}

/** All that this version knows, in order. */
export async function knownSteps(folder: string): Promise<SchemaStep[]> {
  return (await readMigrations(folder)).map(({ name, checksum }) => ({ name, checksum }))
}

export async function appliedSteps(database: Queryable): Promise<SchemaStep[]> {
  return (await appliedMigrations(database)).map(({ name, checksum }) => ({ name, checksum }))
}

/** Rejects with a sentence that says what to do where `migrate` would change something. */
export async function expectSchema(database: Queryable, { folder }: { folder: string }): Promise<void> {
  const pending = await pendingMigrations(database, { folder })
  if (pending.length === 0) return
  const message = `The database is behind this version (${pending.join(', ')}): run campus-id migrate first.`
  throw Object.assign(new Error(message), { code: SCHEMA_BEHIND })
}

async function applyNext(transaction: LongTransaction, known: readonly Migration[]): Promise<string | null> {
  await transaction.query({
    name: 'migrate.lock',
    text: `SELECT pg_advisory_xact_lock(hashtextextended('campus-id migrations', 0))`,
  })
  // Read only now: whoever held the lock before us may have applied some.
  const [next] = missing(known, await appliedMigrations(transaction))
  if (!next) return null
  await transaction.script(`SET LOCAL lock_timeout = '${LOCK_SECONDS_MAX}s'; ${HISTORY}`)
  await transaction.script(next.text).catch((cause) => {
    throw new Error(`migration ${next.name} failed and was rolled back`, { cause })
  })
  await transaction.query(
    {
      name: 'migrate.record',
      text: 'INSERT INTO migrations (number, name, checksum, breaking) VALUES ($1, $2, $3, $4)',
    },
    [next.number, next.name, next.checksum, next.breaking],
  )
  return next.name
}

const HISTORY = `CREATE TABLE IF NOT EXISTS migrations (
  number      integer PRIMARY KEY,
  name        text NOT NULL,
  checksum    text NOT NULL,
  breaking    text,
  applied_at  timestamptz NOT NULL DEFAULT now()
)`

async function appliedMigrations(database: Queryable): Promise<AppliedMigration[]> {
  const [table] = await database.query<{ exists: boolean }>({
    name: 'migrate.has-history',
    text: `SELECT to_regclass('migrations') IS NOT NULL AS exists`,
  })
  if (!table?.exists) return []
  return database.query<AppliedMigration>({
    name: 'migrate.history',
    text: 'SELECT number, name, checksum, breaking FROM migrations ORDER BY number',
  })
}

/** The files that are still to be applied, once the history of the database is seen to be a beginning of ours. */
function missing(known: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  applied.forEach((there, index) => {
    const here = known[index]
    if (!here) {
      if (there.breaking === null) return
      throw new Error(
        `the database was changed by ${there.name}, which this version does not know and cannot run on ` +
          `(${there.breaking}): start the newer version`,
      )
    }
    if (here.name !== there.name) {
      throw new Error(
        `the database has applied ${there.name} where this version has ${here.name}: history was rewritten`,
      )
    }
    if (here.checksum !== there.checksum) {
      throw new Error(`${here.name}.sql was changed after it had been applied: restore it, and add a new file instead`)
    }
  })
  return known.slice(applied.length)
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (file, index) => {
      const number = Number(FILE_NAME.exec(file)?.[1])
      if (number !== index + 1) throw new Error(`${file}: expected ${String(index + 1).padStart(4, '0')}-<words>.sql`)
      const text = (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n')
      return {
        number,
        name: file.replace(/\.sql$/, ''),
        text,
        checksum: createHash('sha256').update(text).digest('hex'),
        breaking: /^-- breaking: (.+)/.exec(text)?.[1] ?? null,
      }
    }),
  )
}
