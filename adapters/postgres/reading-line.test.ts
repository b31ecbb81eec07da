import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { type FreshDatabase, freshDatabase } from '../../test/support/fresh-stores.ts'
import type { Server } from '../../test/support/own-server.ts'
import { startPostgres } from '../../test/support/postgres-server.ts'
import { until } from '../../test/support/until.ts'
import type { Database, Queryable } from './database.ts'
import { openPool, type PooledDatabase, type PoolOptions } from './pool.ts'

const AWAY = { unavailable: 'postgres', retryAfterSeconds: expect.any(Number) }

type Rows = { it: number }
const read = (on: Queryable, text: string, ...values: unknown[]) =>
  on.query<Rows>({ name: `line.${text.slice(0, 50)}`, text, reads: true }, values)
const ask = (on: Queryable, text: string, ...values: unknown[]) =>
  on.query<Rows>({ name: `pool.${text.slice(0, 50)}`, text }, values)
const BACKEND = 'SELECT pg_backend_pid() AS it'
const lineOf = async (on: Queryable) => (await read(on, BACKEND))[0]?.it

let fresh: FreshDatabase
const opened: Database[] = []

beforeAll(async () => {
  fresh = await freshDatabase()
  const database = openPool({ url: fresh.url, log: pino({ level: 'silent' }) })
  await ask(database, 'CREATE TABLE words (word text PRIMARY KEY)')
  await database.close()
}, 30_000)
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()))
})
afterAll(() => fresh.drop())

/** With a line that is connected: what is read before goes by the pool. */
async function open(options: Partial<PoolOptions> = {}): Promise<PooledDatabase> {
  const database = openPool({ url: fresh.url, log: pino({ level: 'silent' }), ...options })
  opened.push(database)
  await lineIsThere(database)
  return database
}

async function lineIsThere(database: Database): Promise<void> {
  const isThere = async () => {
    const [one, other, pooled] = await Promise.all([lineOf(database), lineOf(database), ask(database, BACKEND)])
    return one === other && one !== pooled[0]?.it
  }
  // Until it is there, a machine that has much to do may shed a caller.
  await until('what reads has a connection of its own', () => isThere().catch(() => false))
}

test('all that is read at once shares one connection, and what writes has another', async () => {
  const database = await open()
  const line = await lineOf(database)
  const backends = await Promise.all(Array.from({ length: 50 }, () => lineOf(database)))
  expect(new Set(backends)).toEqual(new Set([line]))
  expect((await ask(database, BACKEND))[0]?.it).not.toBe(line)
  const inside = await database.transaction((transaction) => lineOf(transaction))
  expect(inside).not.toBe(line)
})

test('each gets its own answer, in whatever order the others fail', async () => {
  const database = await open()
  const answers = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => read(database, 'SELECT 60 / $1::integer AS it', index % 4)),
  )
  for (const [index, answer] of answers.entries()) {
    if (index % 4 === 0) expect(answer).toMatchObject({ status: 'rejected', reason: { code: '22012' } })
    else expect(answer).toEqual({ status: 'fulfilled', value: [{ it: 60 / (index % 4) }] })
  }
})

test('who comes while the line stands still is served by the pool', async () => {
  const database = await open()
  const line = await lineOf(database)
  const slow = read(database, 'SELECT pg_backend_pid() AS it, pg_sleep(0.8)')
  await ask(database, 'SELECT pg_sleep(0.1)')
  expect(await lineOf(database)).not.toBe(line)
  expect(database.connections().busy).toBe(1)
  expect((await slow)[0]?.it).toBe(line)
  expect(await lineOf(database)).toBe(line)
})

test.each(['for the first time', 'again'])(
  'sheds whoever reads a locked table %s within a second, and then is back at once',
  async (when) => {
    const database = await open()
    if (when === 'again') await read(database, 'SELECT 1 AS it FROM words')
    const other = await open()
    await other.longTransaction(async (transaction) => {
      await ask(transaction, 'LOCK TABLE words')
      const began = performance.now()
      const shed = await Promise.allSettled(
        Array.from({ length: 20 }, () => read(database, 'SELECT 1 AS it FROM words')),
      )
      expect(performance.now() - began).toBeLessThan(1_050)
      for (const one of shed) expect(one).toMatchObject({ status: 'rejected', reason: AWAY })
    })
    expect(await read(database, 'SELECT 1 AS it FROM words')).toEqual([])
    await lineIsThere(database)
  },
)

test('calls it unavailable when its connection ends under those who read, and is on another one soon', async () => {
  const database = await open()
  const line = await lineOf(database)
  const reading = [read(database, 'SELECT pg_sleep(0.8)'), lineOf(database)]
  const settled = Promise.allSettled(reading)
  await ask(database, 'SELECT pg_terminate_backend($1)', line)
  for (const one of await settled) expect(one).toMatchObject({ status: 'rejected', reason: AWAY })
  await lineIsThere(database)
  expect(await lineOf(database)).not.toBe(line)
})

test('forgets a statement whose columns a migration has changed, and loses nobody else by it', async () => {
  const database = await open()
  await ask(database, 'CREATE TABLE widened (it integer)')
  await read(database, 'SELECT * FROM widened')
  const line = await lineOf(database)
  await ask(database, 'ALTER TABLE widened ADD COLUMN more integer')
  const [stale, behind] = await Promise.allSettled([read(database, 'SELECT * FROM widened'), lineOf(database)])
  expect(stale).toMatchObject({ status: 'rejected', reason: AWAY })
  expect(behind).toEqual({ status: 'fulfilled', value: line })
  expect(await read(database, 'SELECT * FROM widened')).toEqual([])
  await lineIsThere(database)
  expect(await lineOf(database)).not.toBe(line)
})

test('closes when what is being read has been answered', async () => {
  const database = await open()
  const reading = read(database, 'SELECT 1 AS it, pg_sleep(0.2)')
  let isAnswered = false
  void reading.then(() => {
    isAnswered = true
  })
  await opened.pop()?.close()
  expect(isAnswered).toBe(true)
  expect(await reading).toEqual([expect.objectContaining({ it: 1 })])
})

test('one connection is all that there is, where no more are allowed', async () => {
  const database = openPool({ url: fresh.url, log: pino({ level: 'silent' }), connectionsMax: 1 })
  opened.push(database)
  const [[pooled]] = await Promise.all([ask(database, BACKEND), lineOf(database)])
  expect(await lineOf(database)).toBe(pooled?.it)
  expect(database.connections()).toEqual({ busy: 0, idle: 1, waiting: 0 })
})

test('a server that hangs or dies is told within a second, and read again within two', async () => {
  const server: Server = await startPostgres()
  try {
    const database = await open({ url: server.url })
    for (const [signal, back] of [
      ['SIGSTOP', () => server.kill('SIGCONT')],
      ['SIGKILL', () => server.restart()],
    ] as const) {
      await server.kill(signal)
      const began = performance.now()
      const all = await Promise.allSettled(Array.from({ length: 30 }, () => lineOf(database)))
      expect(performance.now() - began).toBeLessThan(1_050)
      for (const one of all) expect(one).toMatchObject({ status: 'rejected', reason: AWAY })
      await back()
      await until('it reads again', () => lineOf(database).then(Boolean, () => false), { seconds: 2 })
      await lineIsThere(database)
    }
  } finally {
    await Promise.all(opened.splice(0).map((database) => database.close()))
    await server.stop()
  }
}, 30_000)
