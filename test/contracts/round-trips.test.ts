/** What a round trip to a store is: the counts that the bench and the dashboard stand on. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Database } from '../../adapters/postgres/database.ts'
import { openEmbedded } from '../../adapters/postgres/embedded.ts'
import { openPool } from '../../adapters/postgres/pool.ts'
import { openRedis } from '../../adapters/redis/connect.ts'
import { createRedisExpiring } from '../../adapters/redis/expiring.ts'
import type { ExpiringStore } from '../../src/expiring/expiring.ts'
import { watchStore } from '../../src/metrics/metrics.ts'
import { noTracing } from '../../src/tracing/tracing.ts'
import { freshDatabase, freshRedis } from '../support/fresh-stores.ts'
import { recordedMetrics } from '../support/recorded-metrics.ts'
import { log } from './databases.ts'

const recorded = { ...recordedMetrics(), tracing: noTracing }

/** Names of the round trips that `act` made, in order of their replies. */
async function tripsOf(act: () => Promise<unknown>): Promise<string[]> {
  recorded.counted.length = 0
  await act()
  const calls = recorded.counted.filter(({ name }) => name === 'campus_store_calls_total')
  return calls.map(({ labels }) => labels['operation'] ?? '')
}

describe('Redis', () => {
  let store: ExpiringStore
  const closings: (() => Promise<void>)[] = []
  beforeAll(async () => {
    const server = await freshRedis()
    const connection = await openRedis({ kind: 'standalone', url: server.url, waitReplicas: 0 }, log)
    closings.push(() => connection.close(), server.close)
    store = createRedisExpiring(connection, { watch: watchStore(recorded, 'redis') })
  })
  afterAll(async () => {
    for (const closing of closings) await closing()
  })

  const indexes = ['people:lan', 'sessions:s']
  const counter = (key: string) => ({ key, seconds: 60 })
  const limit = { ...counter('a:limit'), most: 5 }

  test('needs one more trip to learn a script, once', async () => {
    expect(await tripsOf(() => store.count('a:count', { seconds: 60 }))).toEqual(['script', 'count'])
    expect(await tripsOf(() => store.count('a:count', { seconds: 60 }))).toEqual(['count'])
    await store.put('a:key', 'one', { seconds: 60, indexes })
    await store.putWithin('a:key', 'one', { seconds: 60 }, [limit])
    await store.swap('a:key', 'one', 'two')
    await store.listed('people:lan')
  })

  test.each<[string, () => Promise<unknown>, string[]]>([
    ['a read', () => store.read('a:key'), ['read']],
    ['a put', () => store.put('a:key', 'one', { seconds: 60 }), ['put']],
    ['a put with two indexes', () => store.put('a:key', 'one', { seconds: 60, indexes }), ['put']],
    ['a reservation', () => store.reserve('a:place', 'mine', { seconds: 60 }), ['reserve']],
    ['a swap', () => store.swap('a:key', 'one', 'two'), ['swap']],
    ['a swap that fails', () => store.swap('a:key', 'one', 'two'), ['swap']],
    ['a list', () => store.listed('people:lan'), ['listed', 'listed.exists']],
    ['a list of nothing', () => store.listed('nobody'), ['listed']],
    ['a take', () => store.take('a:key'), ['take']],
    ['a removal', () => store.remove('a:key'), ['remove']],
    ['a count of two', () => store.countAll([counter('a:one'), counter('a:two')]), ['count']],
    ['a put within counts', () => store.putWithin('a:key', 'one', { seconds: 60 }, [limit]), ['put']],
    ['a ping', () => store.ping(), ['ping']],
  ])('%s is what it costs', async (_what, act, trips) => {
    expect(await tripsOf(act)).toEqual(trips)
  })

  test('of two at once each is one', async () => {
    const both = () => Promise.all([store.read('a:key'), store.read('a:place')])
    expect(await tripsOf(both)).toEqual(['read', 'read'])
  })

  test('a refusal of Redis is a failure of its kind', async () => {
    await store.put('a:text', 'no number', { seconds: 60 })
    await expect(store.count('a:text', { seconds: 60 })).rejects.toThrow()
    expect(recorded.total('campus_store_failures_total', { store: 'redis', kind: 'refused' })).toBe(1)
    expect(recorded.total('campus_store_failures_total', { kind: 'unavailable' })).toBe(0)
  })
})

const one = { name: 'contract.one', text: 'SELECT 1' }
const wrong = { name: 'contract.wrong', text: 'SELECT 1 / 0' }

function describeDatabase(name: string, open: () => Promise<{ database: Database; close(): Promise<void> }>) {
  describe(name, () => {
    let opened: Awaited<ReturnType<typeof open>>
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(() => opened.close())

    test('counts a statement by its name', async () => {
      expect(await tripsOf(() => opened.database.query(one))).toEqual(['contract.one'])
    })

    test('counts what a transaction says', async () => {
      const transaction = () =>
        opened.database.transaction(async ({ query }) => {
          await query(one)
          await query(one)
        })
      // PGlite has no wire: its BEGIN and COMMIT are no trips.
      const within = ['contract.one', 'contract.one']
      expect(await tripsOf(transaction)).toEqual(name === 'PGlite' ? within : ['begin', ...within, 'commit'])
    })

    test('counts a statement that fails as a trip and as a failure', async () => {
      const failures = () => recorded.total('campus_store_failures_total', { store: 'postgres', kind: 'refused' })
      const act = () => opened.database.query(wrong).catch(() => undefined)
      expect(await tripsOf(act)).toEqual(['contract.wrong'])
      expect(failures()).toBe(1)
    })

    test('has a name for a script, whatever stands in it', async () => {
      const script = () => opened.database.longTransaction((inside) => inside.script('SELECT 202407010101; SELECT 2'))
      const trips = await tripsOf(script)
      expect(trips).toContain('script')
      expect(trips.join()).not.toContain('202407010101')
    })
  })
}

const watch = watchStore(recorded, 'postgres')

describeDatabase('PostgreSQL', async () => {
  const { url, drop } = await freshDatabase()
  const database = openPool({ url, log, watch })
  const close = async () => {
    await database.close()
    await drop()
  }
  return { database, close }
})

describeDatabase('PGlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'campus-id-trips-'))
  const database = await openEmbedded({ folder, watch })
  const close = async () => {
    await database.close()
    rmSync(folder, { recursive: true })
  }
  return { database, close }
})

test('a PostgreSQL that cannot be reached is unavailable, without a trip', async () => {
  const database = openPool({ url: 'postgres://nobody@127.0.0.1:1/none', log, watch })
  recorded.counted.length = 0
  await expect(database.query(one)).rejects.toMatchObject({ unavailable: 'postgres' })
  expect(recorded.total('campus_store_failures_total', { store: 'postgres', kind: 'unavailable' })).toBe(1)
  expect(recorded.total('campus_store_calls_total')).toBe(0)
  await database.close()
})

test('how many connections are busy can be seen', async () => {
  const { url, drop } = await freshDatabase()
  const database = openPool({ url, log })
  expect(database.connections()).toEqual({ busy: 0, idle: 0, waiting: 0 })
  await database.transaction(async ({ query }) => {
    await query(one)
    expect(database.connections()).toEqual({ busy: 1, idle: 0, waiting: 0 })
  })
  expect(database.connections()).toEqual({ busy: 0, idle: 1, waiting: 0 })
  await database.close()
  await drop()
})
