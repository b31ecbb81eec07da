import { setImmediate as immediate } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { type CuttingProxy, startCuttingProxy } from '../../test/support/cutting-proxy.ts'
import { type FreshDatabase, freshDatabase } from '../../test/support/fresh-stores.ts'
import type { Server } from '../../test/support/own-server.ts'
import { startPostgres } from '../../test/support/postgres-server.ts'
import { until } from '../../test/support/until.ts'
import type { Database, Queryable } from './database.ts'
import { connectionsEach, openPool, type PoolOptions } from './pool.ts'

const AWAY = { unavailable: 'postgres', retryAfterSeconds: expect.any(Number) }

const LOCK_NOT_AVAILABLE = '55P03'
const QUERY_CANCELED = '57014'

const statement = (text: string) => ({ name: `test.${text.slice(0, 50)}`, text })
const run = (on: Queryable, text: string, ...values: unknown[]) => on.query<{ it: number }>(statement(text), values)
const backendOf = async (on: Queryable) => (await run(on, 'SELECT pg_backend_pid() AS it'))[0]?.it

async function timed(work: Promise<unknown>) {
  const began = performance.now()
  const error: unknown = await work.then(
    () => null,
    (cause: unknown) => cause,
  )
  return { error, milliseconds: performance.now() - began }
}

let opened: Database[] = []
const open = (url: string, options: Partial<PoolOptions> = {}) => {
  const database = openPool({ url, log: pino({ level: 'silent' }), ...options })
  opened.push(database)
  return database
}
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()))
  opened = []
})

describe('a pool', () => {
  let fresh: FreshDatabase
  let other: Database

  beforeAll(async () => {
    fresh = await freshDatabase()
    const database = openPool({ url: fresh.url, log: pino({ level: 'silent' }) })
    await run(database, 'CREATE TABLE words (word text PRIMARY KEY)')
    await database.close()
  }, 30_000)
  beforeEach(() => {
    other = open(fresh.url)
  })
  afterAll(() => fresh.drop())

  test('goes on after an idle connection was ended by the server', async () => {
    const database = open(fresh.url, { connectionsMax: 1 })
    const backend = await backendOf(database)
    await run(other, 'SELECT pg_terminate_backend($1)', backend)
    await until('the next query works', () =>
      backendOf(database).then(
        (now) => now !== backend,
        () => false,
      ),
    )
  })

  test('calls it unavailable when a connection ends under a statement, and serves the next one', async () => {
    const database = open(fresh.url, { connectionsMax: 1 })
    const backend = await backendOf(database)
    const sleeping = timed(run(database, 'SELECT pg_sleep(0.8)'))
    await run(other, 'SELECT pg_terminate_backend($1)', backend)
    expect((await sleeping).error).toMatchObject(AWAY)
    expect(await backendOf(database)).not.toBe(backend)
  })

  test('calls it unavailable when a connection ends between two statements of a transaction', async () => {
    const database = open(fresh.url, { connectionsMax: 1 })
    const failing = database.transaction(async (transaction) => {
      await run(transaction, 'INSERT INTO words VALUES ($1)', 'of a dead transaction')
      await run(other, 'SELECT pg_terminate_backend($1)', await backendOf(transaction))
      await run(transaction, 'SELECT 1 AS it')
    })
    await expect(failing).rejects.toMatchObject(AWAY)
    expect(await run(database, 'SELECT 1 AS it FROM words')).toEqual([])
  })

  test('keeps its connection when a statement was wrong', async () => {
    const database = open(fresh.url, { connectionsMax: 1 })
    const backend = await backendOf(database)
    await expect(run(database, 'SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' })
    expect(await backendOf(database)).toBe(backend)
  })

  test('refuses at once when too many are waiting already', async () => {
    const database = open(fresh.url, { connectionsMax: 1, waitingMax: 3 })
    await database.ping()
    const running = run(database, 'SELECT pg_sleep(0.1)')
    await immediate()
    const waiting = Array.from({ length: 3 }, () => database.ping())
    const { error, milliseconds } = await timed(database.ping())
    expect(error).toMatchObject(AWAY)
    expect(milliseconds).toBeLessThan(50)
    await Promise.all([running, ...waiting])
  })

  test('sheds whoever needs a locked table within a second, in the queue too, and then is back at once', async () => {
    const database = open(fresh.url, { connectionsMax: 2 })
    await database.ping()
    await other.longTransaction(async (transaction) => {
      await transaction.query(statement('LOCK TABLE words'))
      const shed = await Promise.all(
        Array.from({ length: 20 }, () => timed(run(database, 'SELECT 1 AS it FROM words'))),
      )
      for (const { error, milliseconds } of shed) {
        expect(error).toMatchObject(AWAY)
        expect(milliseconds).toBeLessThan(1_000)
      }
      expect(shed[0]?.error).toMatchObject({ cause: { code: LOCK_NOT_AVAILABLE } })
    })
    expect((await timed(run(database, 'SELECT 1 AS it FROM words'))).error).toBeNull()
  })

  test('sheds a slow statement within a second', async () => {
    const { error, milliseconds } = await timed(run(open(fresh.url), 'SELECT pg_sleep(30)'))
    // The server itself has given up: nothing goes on there.
    expect(error).toMatchObject({ ...AWAY, cause: { code: QUERY_CANCELED } })
    expect(milliseconds).toBeLessThan(1_000)
  })

  test('gives a long transaction the time that it needs, and only that one', async () => {
    const database = open(fresh.url, { connectionsMax: 1 })
    await database.longTransaction((transaction) => run(transaction, 'SELECT pg_sleep(1.1)'))
    expect((await timed(run(database, 'SELECT pg_sleep(30)'))).error).toMatchObject(AWAY)
  })

  test('prepares a statement once a connection', async () => {
    const database = open(fresh.url, { connectionsMax: 1 })
    const named = { name: 'test.named', text: 'SELECT $1::integer AS it' }
    await database.query(named, [1])
    await database.query(named, [2])
    const prepared = await run(
      database,
      `SELECT (generic_plans + custom_plans)::integer AS it FROM pg_prepared_statements WHERE name = 'test.named'`,
    )
    expect(prepared).toEqual([{ it: 2 }])
  })

  test('forgets a prepared statement whose columns a migration has changed', async () => {
    const database = open(fresh.url, { connectionsMax: 1 })
    await run(database, 'CREATE TABLE widened (it integer)')
    await run(database, 'SELECT * FROM widened')
    await run(other, 'ALTER TABLE widened ADD COLUMN more integer')
    await expect(run(database, 'SELECT * FROM widened')).rejects.toMatchObject(AWAY)
    expect(await run(database, 'SELECT * FROM widened')).toEqual([])
  })
})

describe('a pool on a server that fails', () => {
  let server: Server
  let proxy: CuttingProxy

  beforeAll(async () => {
    server = await startPostgres()
    proxy = await startCuttingProxy(server.port)
  }, 30_000)
  afterAll(async () => {
    await proxy?.stop()
    await server?.stop()
  })

  const answers = (database: Database) =>
    until(
      'the server answers again',
      () =>
        database.ping().then(
          () => true,
          () => false,
        ),
      { seconds: 2 },
    )

  test('answers at once when the server is down, and is back within two seconds', async () => {
    const database = open(server.url)
    await database.ping()
    await server.kill('SIGKILL')
    for (let call = 0; call < 3; call++) {
      const { error, milliseconds } = await timed(database.ping())
      expect(error).toMatchObject(AWAY)
      expect(milliseconds).toBeLessThan(300)
    }
    await server.restart()
    await answers(database)
  })

  test('answers within a second when the server hangs, and is back within two seconds', async () => {
    const database = open(server.url)
    await database.ping()
    await server.kill('SIGSTOP')
    const calls = await Promise.all(Array.from({ length: 30 }, () => timed(database.ping())))
    for (const { error, milliseconds } of calls) {
      expect(error).toMatchObject(AWAY)
      expect(milliseconds).toBeLessThan(1_050)
    }
    await server.kill('SIGCONT')
    await answers(database)
  })

  test('does not send a second time what may have been done', async () => {
    const database = open(`postgres://campus@127.0.0.1:${proxy.port}/postgres`)
    await run(database, 'CREATE TABLE tally (it integer)')
    await run(database, 'INSERT INTO tally VALUES (1)')
    const lost = proxy.loseNextReply('test.UPDATE')
    await expect(run(database, 'UPDATE tally SET it = it + 1')).rejects.toMatchObject(AWAY)
    await lost
    expect(await run(database, 'SELECT it FROM tally')).toEqual([{ it: 2 }])
  })

  test('does not claim a commit whose reply was lost', async () => {
    const database = open(`postgres://campus@127.0.0.1:${proxy.port}/postgres`)
    await run(database, 'CREATE TABLE notes (it integer)')
    const failing = database.transaction(async (transaction) => {
      await run(transaction, 'INSERT INTO notes VALUES (1)')
      void proxy.loseNextReply('COMMIT')
    })
    await expect(failing).rejects.toMatchObject(AWAY)
    expect(await run(database, 'SELECT it FROM notes')).toEqual([{ it: 1 }])
  })
})

test.each([
  [1, 10],
  [7, 10],
  [8, 8],
  [19, 4],
  [64, 4],
])('of %i workers each opens at most %i connections', (workers, each) => {
  expect(connectionsEach(workers)).toBe(each)
})
