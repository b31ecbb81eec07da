import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Database } from '../../adapters/postgres/database.ts'
import { expectSchema, migrate, pendingMigrations, SCHEMA_BEHIND } from '../../adapters/postgres/migrate.ts'
import { empty, log, MIGRATIONS, type TestDatabase } from './databases.ts'

const FIRST = 'CREATE TABLE test_first (id integer); INSERT INTO test_first VALUES (1);'
const SECOND = 'CREATE TABLE test_second (id integer);'

export function migrationsContract(opened: () => TestDatabase) {
  describe('migrations', () => {
    let database: Database
    let folder: string

    beforeEach(async () => {
      database = opened().database
      await empty(database)
      folder = await mkdtemp(join(tmpdir(), 'campus-migrations-'))
      await write('0001-first.sql', FIRST)
      await write('0002-second.sql', SECOND)
    })
    afterEach(() => rm(folder, { recursive: true }))

    const write = (file: string, text: string) => writeFile(join(folder, file), text)
    const run = (on = database) => migrate(on, { folder, log })
    const pending = () => pendingMigrations(database, { folder })
    async function exists(table: string) {
      const text = 'SELECT to_regclass($1) IS NOT NULL AS exists'
      const [row] = await database.query<{ exists: boolean }>({ name: 'test.exists', text }, [table])
      return row?.exists
    }

    test('are applied in order, once', async () => {
      expect(await pending()).toEqual(['0001-first', '0002-second'])
      expect(await run()).toEqual({ applied: ['0001-first', '0002-second'] })
      expect(await run()).toEqual({ applied: [] })
      expect(await pending()).toEqual([])
    })

    test('only what is missing is applied', async () => {
      await run()
      await write('0003-third.sql', 'CREATE TABLE test_third (id integer);')
      expect(await pending()).toEqual(['0003-third'])
      expect(await run()).toEqual({ applied: ['0003-third'] })
    })

    test('of servers that start at once each file is applied by one, and all go on', async () => {
      const servers = [database, opened().openAgain(), opened().openAgain()]
      const runs = await Promise.all(servers.map(run))
      expect(runs.flatMap(({ applied }) => applied).sort()).toEqual(['0001-first', '0002-second'])
    })

    test('who expects the schema is told what is missing, and nothing is applied', async () => {
      await expect(expectSchema(database, { folder })).rejects.toMatchObject({
        code: SCHEMA_BEHIND,
        message: expect.stringContaining('0001-first'),
      })
      expect(await pending()).toHaveLength(2)
      await run()
      await expectSchema(database, { folder })
    })

    test('a file that fails leaves nothing behind, and what came before it stays', async () => {
      await write('0002-second.sql', `${SECOND} SELECT 1 / 0;`)
      await expect(run()).rejects.toThrow('0002-second failed')
      expect(await exists('test_first')).toBe(true)
      expect(await exists('test_second')).toBe(false)
      await write('0002-second.sql', SECOND)
      expect(await run()).toEqual({ applied: ['0002-second'] })
    })

    test('a file that was changed after it had been applied is refused by name', async () => {
      await run()
      await write('0001-first.sql', `${FIRST} -- an afterthought`)
      await expect(run()).rejects.toThrow('0001-first.sql was changed')
      await expect(pending()).rejects.toThrow('0001-first.sql was changed')
    })

    test('a checkout with other line endings is the same history', async () => {
      await write('0001-first.sql', `${FIRST}\n`)
      await run()
      await write('0001-first.sql', `${FIRST}\r\n`)
      expect(await pending()).toEqual([])
    })

    test('a file that was renamed after it had been applied is refused', async () => {
      await run()
      await rm(join(folder, '0002-second.sql'))
      await write('0002-other.sql', SECOND)
      await expect(run()).rejects.toThrow('0002-second where this version has 0002-other')
    })

    test('a schema that a newer version has expanded is fine for an older one', async () => {
      await write('0003-third.sql', 'CREATE TABLE test_third (id integer);')
      await run()
      await rm(join(folder, '0003-third.sql'))
      expect(await run()).toEqual({ applied: [] })
    })

    test('a schema that a newer version has broken is refused by an older one, with the reason', async () => {
      await write('0003-third.sql', '-- breaking: the second table is gone\nDROP TABLE test_second;')
      await run()
      await rm(join(folder, '0003-third.sql'))
      await expect(run()).rejects.toThrow(/0003-third.*\(the second table is gone\): start the newer version/)
      await expect(pending()).rejects.toThrow('0003-third')
    })

    test('a gap or another form of name is refused before anything is applied', async () => {
      await write('0004-fourth.sql', 'SELECT 1')
      await expect(run()).rejects.toThrow('0004-fourth.sql: expected 0003-<words>.sql')
      expect(await exists('test_first')).toBe(false)
    })

    test('those of this version apply to an empty database', async () => {
      const { applied } = await migrate(database, { folder: MIGRATIONS, log })
      expect(applied[0]).toBe('0001-foundation')
      expect(await pendingMigrations(database, { folder: MIGRATIONS })).toEqual([])
    })
  })
}
