/** What a restore brings back, what it forbids from then on, and where it does nothing. */
import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { createAuditLog } from '../../adapters/postgres/audit.ts'
import type { Database } from '../../adapters/postgres/database.ts'
import { migrate, migrateInside, pendingMigrations } from '../../adapters/postgres/migrate.ts'
import { storesOn } from '../../adapters/postgres/stores.ts'
import { verifyTrail } from '../../src/audit/audit.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { type BackupWorld, openBackupWorld } from './backup-world.ts'
import { log, MIGRATIONS, openPostgres, type TestDatabase } from './databases.ts'

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

/** The folder of a version that knows one migration more. */
async function migrationsAnd(sql: string) {
  const folder = await mkdtemp(join(world.folder, 'migrations-'))
  await cp(MIGRATIONS, folder, { recursive: true })
  const number = String((await readdir(folder)).length + 1).padStart(4, '0')
  await writeFile(join(folder, `${number}-later.sql`), sql)
  return folder
}

describe('a restore', () => {
  test('refuses, from its moment on, whatever was issued before, also what Redis still holds', async () => {
    const { database, person } = await furnished()
    const path = await world.save(database)
    const target = await open()
    const now = new Date('2031-05-01T08:00:00.250Z')
    await world.restore(target, path, { clock: () => now })
    const { standing } = storesOn(target).notBefore
    const { notBefore } = await standing({ personId: person, clientId: null, sessionUid: randomUUID() })
    expect(notBefore).toEqual(now)
  })

  test('goes by the later of the two clocks', async () => {
    const { database, person } = await furnished()
    const path = await world.save(database)
    const target = await open()
    const began = Date.now()
    await world.restore(target, path, { clock: () => new Date(0) })
    const { standing } = storesOn(target).notBefore
    const { notBefore } = await standing({ personId: person, clientId: null, sessionUid: null })
    expect(notBefore?.getTime()).toBeGreaterThan(began - 5_000)
  })

  test('leaves an audit row that names what lies between, in the same transaction', async () => {
    const { database } = await furnished()
    const path = await world.save(database)
    const target = await open()
    await world.restore(target, path)
    expect(await newestEvents(target)).toEqual([
      {
        event: 'backup.restored',
        actor: 'operator:wang',
        details: { from: expect.stringMatching(/^20/), to: expect.stringMatching(/^20/), rows: expect.any(Number) },
      },
    ])
  })

  test('tells no relying party of what happened before it', async () => {
    const { database, person } = await furnished()
    const { clients, notBefore, logoutDeliveries } = storesOn(database)
    await clients.put(sampleClient('told-long-ago', { backchannel_logout_uri: 'https://rp.school.example/' }))
    const tell = [{ clientId: 'told-long-ago', personId: person, sid: 'old' }]
    await notBefore.set('session', 'old', { at: new Date(), reason: 'signed_out', expiresAt: null, tell })
    const path = await world.save(database)
    await world.restore(database, path, { replace: true })
    expect(await logoutDeliveries.counts()).toEqual({ waiting: 0, givenUp: 0 })
    const target = await open()
    await world.restore(target, path)
    expect(await storesOn(target).logoutDeliveries.counts()).toEqual({ waiting: 0, givenUp: 0 })
  })

  test('into a database that holds something changes nothing, unless it may replace', async () => {
    const { database } = await furnished()
    const path = await world.save(database)
    const { database: target } = await furnished()
    const before = await world.contents(target)
    expect(await world.restore(target, path)).toBeNull()
    expect(await world.contents(target)).toEqual(before)
  })

  test('that replaces keeps every row of the audit, and of the rest only what it brought', async () => {
    const { database, person } = await furnished()
    const path = await world.save(database)
    const saved = await world.contents(database)
    const later = await world.furnish(database)
    const { audit_events: rows } = await world.contents(database)
    await world.restore(database, path, { replace: true })
    const { audit_events: kept, ...others } = await world.contents(database)
    const { audit_events: _, ...before } = saved
    expect(kept).toEqual(rows)
    expect(others).toEqual(before)
    expect(await storesOn(database).people.find(later)).toBeNull()
    expect(await storesOn(database).people.find(person)).not.toBeNull()
    expect(await verifyTrail(createAuditLog(database))).toMatchObject({ ok: true })
    const expiring = await database.query({ name: 'test.expiring-left', text: 'SELECT key FROM expiring' })
    expect(expiring).toEqual([])
  })

  test('does not put a row of the audit in the place of another', async () => {
    const { database } = await furnished()
    const path = await world.save(database)
    const target = await open()
    await world.restore(target, path)
    const forged = `ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only;
      UPDATE audit_events SET hash = '\\x00' WHERE event = 'test.happened';
      ALTER TABLE audit_events ENABLE TRIGGER audit_events_append_only`
    await target.longTransaction(({ script }) => script(forged))
    await expect(world.restore(target, path, { replace: true })).rejects.toThrow('another row stands in place of')
  })

  test('while a server is connected is refused', async () => {
    const { database } = await furnished()
    const path = await world.save(database)
    const target = await openPostgres()
    opened.push(target)
    const server = target.openAgain()
    await server.ping()
    await expect(world.restore(target.database, path)).rejects.toThrow('stop every server')
  })

  test('of an older backup brings it forward, and goes into no database that is ahead of it', async () => {
    const old = await open()
    await old.longTransaction((inside) => migrateInside(inside, MIGRATIONS, 2))
    const text = `INSERT INTO people (id, name) VALUES ('${randomUUID()}', '巴特尔')`
    await old.query({ name: 'test.old', text })
    const path = await world.save(old)
    const target = await open()
    expect(await world.restore(target, path)).not.toBeNull()
    expect((await world.contents(target))['people']).toEqual([expect.stringContaining('巴特尔')])
    expect(await pendingMigrations(target, { folder: MIGRATIONS })).toEqual([])
    const ahead = await open()
    await migrate(ahead, { folder: MIGRATIONS, log })
    await expect(world.restore(ahead, path)).rejects.toThrow('ahead of the backup (0003-')
  })

  test('that breaks off leaves nothing behind, and can be begun again', async () => {
    const { database } = await furnished()
    const path = await world.save(database)
    const target = await open()
    const clock = () => {
      throw new Error('the power failed')
    }
    await expect(world.restore(target, path, { clock })).rejects.toThrow('the power failed')
    expect(await tablesOf(target)).toEqual([])
    expect(await world.restore(target, path)).not.toBeNull()
  })

  test('does to the rows of a backup what later migrations do to rows', async () => {
    const { database } = await furnished()
    const path = await world.save(database)
    const folder = await migrationsAnd('ALTER TABLE people ADD shout text; UPDATE people SET shout = upper(name)')
    const newer = await openBackupWorld({ migrations: folder, like: world })
    const target = await open()
    await newer.restore(target, path)
    expect(await target.query({ name: 'test.shout', text: 'SELECT id FROM people WHERE shout IS NULL' })).toEqual([])
    await newer.remove()
  })

  test('goes on counting behind what was counted, and makes anew what is derived', async () => {
    const table = `CREATE TABLE a_counted (id bigint GENERATED ALWAYS AS IDENTITY, word text NOT NULL,
      length integer GENERATED ALWAYS AS (length(word)) STORED)`
    const there = await openBackupWorld({ migrations: await migrationsAnd(table) })
    const database = await open()
    await there.furnish(database)
    const add = { name: 'test.count', text: 'INSERT INTO a_counted (word) VALUES ($1) RETURNING id::text, length' }
    await database.query(add, ['first'])
    await database.query(add, ['second'])
    const target = await open()
    await there.restore(target, await there.save(database))
    expect((await there.contents(target))['a_counted']).toEqual((await there.contents(database))['a_counted'])
    expect(await target.query(add, ['third!'])).toEqual([{ id: '3', length: 6 }])
    await there.remove()
  })
})
