/** All that lasts, in one file and back, from either database into either. */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { createAuditLog } from '../../adapters/postgres/audit.ts'
import type { Database } from '../../adapters/postgres/database.ts'
import { storesOn } from '../../adapters/postgres/stores.ts'
import { verifyTrail } from '../../src/audit/audit.ts'
import { sampleSecret } from '../support/sample-config.ts'
import { type BackupWorld, openBackupWorld } from './backup-world.ts'
import { DATABASES, openPostgres, type TestDatabase } from './databases.ts'

let world: BackupWorld
const opened: TestDatabase[] = []
beforeAll(async () => {
  world = await openBackupWorld()
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})
afterAll(() => world.remove())

async function open(openEmpty: () => Promise<TestDatabase> = openPostgres) {
  const one = await openEmpty()
  opened.push(one)
  return one.database
}

async function furnished(openEmpty = openPostgres) {
  const database = await open(openEmpty)
  const person = await world.furnish(database)
  return { database, person }
}

const tablesOf = (database: Database) =>
  database.query({ name: 'test.tables', text: 'SELECT tablename FROM pg_tables WHERE schemaname = current_schema()' })

const newestEvents = async (database: Database, limit = 1) =>
  (await createAuditLog(database).latest({ limit })).map(({ event, actor, details }) => ({ event, actor, details }))

/** From PGlite into itself is what the two others are together. */
const WAYS = DATABASES.flatMap(([from, openFrom]) =>
  DATABASES.map(([to, openTo]) => ({ from, to, openFrom, openTo })),
).filter(({ from, to }) => from === 'PostgreSQL' || to === 'PostgreSQL')

describe('a backup', () => {
  test.each(WAYS)('of $from comes back in $to, row for row', async ({ openFrom, openTo }) => {
    const { database, person } = await furnished(openFrom)
    const path = await world.save(database)
    const before = await world.contents(database)
    const target = await open(openTo)
    await world.restore(target, path)
    expect(await world.contents(target)).toEqual(before)
    expect(Object.values(before).filter((rows) => rows.length > 0).length).toBeGreaterThan(6)
    expect((await storesOn(target).people.find(person))?.name).toBe('阿依古丽·买买提')
    expect(await verifyTrail(createAuditLog(target))).toMatchObject({ ok: true })
  })

  test('is its owner’s alone, holds nothing that expires, and leaves an audit row behind', async () => {
    const { database } = await furnished()
    const path = await world.save(database)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const text = gunzipSync(await readFile(path)).toString('utf8')
    expect(text).toContain('["table","people"]')
    expect(text).not.toMatch(/a session|"expiring"|"leases"|"changes"/)
    expect(await newestEvents(database)).toEqual([
      { event: 'backup.made', actor: 'operator:wang', details: { rows: expect.any(Number) } },
    ])
  })

  test('is of one moment: what is committed while it is written is not in it', async () => {
    const { database } = await furnished()
    const before = await world.contents(database)
    const path = await world.save(database, { meanwhile: () => world.furnish(database) })
    const target = await open()
    await world.restore(target, path)
    expect(await world.contents(target)).toEqual(before)
  })

  test('never takes the place of a file, and leaves no half of one', async () => {
    const { database } = await furnished()
    const folder = join(world.folder, 'taken')
    await mkdir(folder)
    await writeFile(join(folder, 'kept.backup'), 'something dear')
    await expect(world.save(database, { name: 'taken/kept.backup' })).rejects.toThrow(
      /^Nothing was written\. .* exists already/,
    )
    expect(await readFile(join(folder, 'kept.backup'), 'utf8')).toBe('something dear')
    await expect(world.save(database, { name: 'nowhere/new.backup' })).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await readdir(folder)).toEqual(['kept.backup'])
  })

  test('is not there without its audit row', async () => {
    const { database } = await furnished()
    await database.longTransaction(({ script }) =>
      script('ALTER TABLE audit_events ADD CHECK (event <> $$backup.made$$)'),
    )
    await mkdir(join(world.folder, 'unaudited'))
    await expect(world.save(database, { name: 'unaudited/new.backup' })).rejects.toThrow()
    expect(await readdir(join(world.folder, 'unaudited'))).toEqual([])
  })
})

describe('what is no whole, unchanged backup is refused, and nothing is touched:', () => {
  let path: string
  beforeAll(async () => {
    const { database } = await furnished()
    path = await world.save(database)
  })

  async function isRefused(broken: string, why: string) {
    const target = await open()
    await expect(world.restore(target, broken)).rejects.toThrow(why)
    expect(await tablesOf(target)).toEqual([])
  }

  test('cut off in the middle', async () => {
    const cut = await world.edit(path, (lines) => lines)
    await truncate(cut, Math.floor((await stat(cut)).size / 2))
    await isRefused(cut, 'cut off')
  })

  test('cut off between two lines, and closed again', async () => {
    await isRefused(await world.edit(path, (lines) => [...lines.slice(0, -3), '']), 'cut off')
  })

  test('a row that was changed', async () => {
    const changed = await world.edit(path, (lines) => lines.map((line) => line.replace('阿依古丽', '别人')))
    await isRefused(changed, 'changed after it had been written')
  })

  test('a row that was taken out', async () => {
    const rest = await world.edit(path, (lines) => lines.filter((line) => !line.includes('阿依古丽')))
    await isRefused(rest, 'changed after it had been written')
  })

  test('a file with more behind its end', async () => {
    await isRefused(await world.edit(path, (lines) => [...lines.slice(0, -1), '{}', '']), 'goes on behind its end')
  })

  test('something else', async () => {
    const other = join(world.folder, 'other')
    await writeFile(other, randomBytes(1_000))
    await isRefused(other, 'no backup')
    await isRefused(await world.edit(path, () => ['hello', '']), 'no backup of Campus ID')
    await expect(world.restore(await open(), join(world.folder, 'absent'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('another format', async () => {
    const next = await world.edit(path, (lines) => lines.map((line) => line.replace('"format":1', '"format":2')))
    await isRefused(next, 'format 2, and this version reads format 1')
  })

  test('one of a newer version, or of another history', async () => {
    const longer = (name: string) => (line: string) =>
      line.replace('"migrations":[', `"migrations":[{"name":"${name}","checksum":"0"},`)
    const sealed = { sealed: true }
    const newer = await world.edit(path, (lines) => lines.map(longer('0001-other')), sealed)
    await isRefused(newer, 'newer version (0.1.0)')
    const renamed = await world.edit(
      path,
      (lines) => lines.map((line) => line.replace('0001-foundation', '0001-other')),
      sealed,
    )
    await isRefused(renamed, 'history of migrations')
  })

  test('one whose key-encryption key is not ours', async () => {
    const config = { ...world.config, keyEncryptionKeys: [sampleSecret('k9')] as const }
    await expect(world.restore(await open(), path, { config })).rejects.toThrow('key-encryption key "k1"')
    // The same name, and another key.
    const impostor = { ...world.config, keyEncryptionKeys: [sampleSecret('k1')] as const }
    await expect(world.restore(await open(), path, { config: impostor })).rejects.toThrow('changed')
  })
})
