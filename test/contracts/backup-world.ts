/** An installation with some of everything in its database, and its backup: for tests of backup and restore. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { createAuditLog } from '../../adapters/postgres/audit.ts'
import type { Database } from '../../adapters/postgres/database.ts'
import { createLastingData } from '../../adapters/postgres/lasting.ts'
import { migrate } from '../../adapters/postgres/migrate.ts'
import { storesOn } from '../../adapters/postgres/stores.ts'
import { createAuditTrail } from '../../src/audit/audit.ts'
import { type LastingData, type RestoreNeeds, restoreBackup, writeBackup } from '../../src/backup/backup.ts'
import { sealBy } from '../../src/backup/backup-format.ts'
import type { Secret } from '../../src/keys/keys.ts'
import { silentMetrics } from '../../src/metrics/metrics.ts'
import { sampleConfig } from '../support/sample-config.ts'
import { log, MIGRATIONS } from './databases.ts'
import { at, samplesFor } from './samples.ts'

const random = { token: (bytes: number) => randomBytes(bytes).toString('base64url'), uuid: () => randomUUID() }

export interface BackupWorld {
  /** Where files may be written. */
  folder: string
  config: ReturnType<typeof sampleConfig>
  remove(): Promise<void>
  /** Adds somebody, with some of everything that lasts; answers who it is. */
  furnish(database: Database): Promise<string>
  /** `meanwhile`: done once the moment of the backup is fixed, and before a row is read. */
  save(database: Database, how?: { name?: string; meanwhile?(): Promise<unknown> }): Promise<string>
  restore(database: Database, path: string, how?: Partial<RestoreNeeds> & { replace?: boolean }): Promise<unknown>
  /** Every row that lasts, by table; the audit of restores and the moment that they set left out. */
  contents(database: Database): Promise<Record<string, string[]>>
  /** The same file with other lines in it; `sealed`: by somebody who has the key. */
  edit(path: string, change: (lines: string[]) => string[], how?: { sealed: boolean }): Promise<string>
}

interface Making {
  migrations?: string
  /** With the secrets of another, as the next version of it has. */
  like?: BackupWorld
}

export async function openBackupWorld({ migrations = MIGRATIONS, like }: Making = {}): Promise<BackupWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'campus-backup-'))
  const config = like?.config ?? sampleConfig()
  const clock = () => new Date()
  const lastingOn = (database: Database): LastingData => createLastingData(database, { folder: migrations })
  const trailOn = (database: Database) =>
    createAuditTrail({ log: createAuditLog(database), clock, random, logger: log, metrics: silentMetrics })
  let files = 0
  let stores: ReturnType<typeof storesOn> | null = null
  const samples = samplesFor(() => {
    if (stores === null) throw new Error('nothing is furnished yet')
    return stores
  }, '2031')

  return {
    folder,
    config,
    remove: () => rm(folder, { recursive: true }),

    async furnish(database) {
      await migrate(database, { folder: migrations, log })
      stores = storesOn(database)
      return furnishOne(database, { stores, samples, trail: trailOn(database) })
    },

    async save(database, { name = `${++files}.backup`, meanwhile } = {}) {
      const path = join(folder, name)
      const trail = trailOn(database)
      const { snapshot } = lastingOn(database)
      const lasting: Pick<LastingData, 'snapshot'> = {
        snapshot: (work) =>
          snapshot(async (inside) => {
            const tables = await inside.tables()
            await meanwhile?.()
            return work({ ...inside, tables: async () => tables })
          }),
      }
      const needs = { config, clock, audit: trail, lasting }
      await writeBackup(needs, { path, version: '0.1.0', actor: 'operator:wang', signal: new AbortController().signal })
      await trail.close()
      return path
    },

    restore(database, path, { replace = false, ...how } = {}) {
      const { act } = trailOn(database)
      const needs = { config, clock, act, lasting: lastingOn(database), ...how }
      const signal = new AbortController().signal
      return restoreBackup(needs, { path, actor: 'operator:wang', signal, mayReplace: async () => replace })
    },

    contents: (database) => contentsOf(lastingOn(database)),

    async edit(path, change, { sealed } = { sealed: false }) {
      const lines = change(
        gunzipSync(await readFile(path))
          .toString('utf8')
          .split('\n'),
      )
      if (sealed) sealAgain(lines, config.keyEncryptionKeys[0])
      const edited = join(folder, `${++files}.edited`)
      await writeFile(edited, gzipSync(lines.join('\n')))
      return edited
    },
  }
}

function sealAgain(lines: string[], secret: Secret) {
  const last = lines.length - 2
  const seal = sealBy(secret)
  for (const line of lines.slice(0, last)) seal.add(`${line}\n`)
  const [word, said] = JSON.parse(lines[last] ?? '[]')
  lines[last] = JSON.stringify([word, { ...said, seal: seal.value() }])
}

async function contentsOf(lasting: LastingData) {
  const contents = await lasting.snapshot(async (snapshot) => {
    const found: Record<string, string[]> = {}
    for (const table of await snapshot.tables()) {
      found[table] = []
      for await (const rows of snapshot.rows(table)) found[table].push(...rows)
    }
    return found
  })
  const isOfRestore = (row: string) => /"backup\.(restored|made)"|"kind": "everything"/.test(row)
  return Object.fromEntries(
    Object.entries(contents).map(([table, rows]) => [table, rows.filter((row) => !isOfRestore(row)).sort()]),
  )
}

interface Furniture {
  stores: ReturnType<typeof storesOn>
  samples: ReturnType<typeof samplesFor>
  trail: ReturnType<typeof createAuditTrail>
}

async function furnishOne(database: Database, { stores, samples, trail }: Furniture): Promise<string> {
  const person = await samples.somebody()
  const client = await samples.client()
  await stores.subjects.findOrCreate(person, 'a.example', randomUUID())
  await stores.consents.allow(person, client, { scopes: ['openid', 'e"{,}\\'], claims: [] })
  await stores.notBefore.set('session', randomUUID(), { at: at('02-01'), reason: 'line\u2028end', expiresAt: null })
  for (const word of ['one', 'two', 'three'])
    await trail.record({ event: 'test.happened', result: 'success', details: { word, count: 1.5 } })
  await trail.close()
  await database.query({
    name: 'test.expiring',
    text: `INSERT INTO expiring VALUES ('test', 'a session', now() + interval '1 day') ON CONFLICT DO NOTHING`,
  })
  return person
}
