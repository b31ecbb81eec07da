import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Database } from '../../adapters/postgres/database.ts'
import { openEmbedded } from '../../adapters/postgres/embedded.ts'
import { openPool } from '../../adapters/postgres/pool.ts'
import { freshDatabase } from '../support/fresh-stores.ts'

export interface TestDatabase {
  database: Database
  /** What a second process would open; the embedded database has no such thing and answers the same one. */
  openAgain(): Database
  close(): Promise<void>
}

export const MIGRATIONS = 'migrations'
export const log = pino({ level: 'silent' })

/** Both of them, empty: the contracts of what lasts are run on either. */
export const DATABASES: [name: string, openEmpty: () => Promise<TestDatabase>][] = [
  ['PostgreSQL', openPostgres],
  ['PGlite', openPglite],
]

export async function openPostgres(): Promise<TestDatabase> {
  const { url, drop } = await freshDatabase()
  const opened = [openPool({ url, log })]
  const [database] = opened
  if (!database) throw new Error('unreachable')
  return {
    database,
    openAgain() {
      const again = openPool({ url, log })
      opened.push(again)
      return again
    },
    async close() {
      await Promise.all(opened.map((one) => one.close()))
      await drop()
    },
  }
}

async function openPglite(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'campus-pglite-'))
  const database = await openEmbedded({ folder })
  return {
    database,
    openAgain: () => database,
    async close() {
      await database.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** As empty as it was when it was made. */
export async function empty(database: Database) {
  await database.longTransaction((transaction) =>
    transaction.script('DROP SCHEMA public CASCADE; CREATE SCHEMA public'),
  )
}
