import { describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import type { ExpiringStore } from '../../src/expiring/expiring.ts'
import { startRedisCluster } from '../../test/support/redis-cluster.ts'
import { startWatchedRedis } from '../../test/support/redis-sentinel.ts'
import { until } from '../../test/support/until.ts'
import { openRedis } from './connect.ts'
import { createRedisExpiring } from './expiring.ts'

const AWAY = { unavailable: 'redis' }
const MINUTE = { seconds: 60 }
const log = pino({ level: 'silent' })

async function outcome(work: Promise<unknown>) {
  const began = performance.now()
  const error: unknown = await work.then(
    () => null,
    (cause: unknown) => cause,
  )
  return { error, milliseconds: performance.now() - began }
}

/** Every call is answered or refused in time, and in the end they are answered again. */
async function rideOut(store: ExpiringStore, key: string, seconds: number) {
  await until(
    'the other server has taken over',
    async () => {
      const { error, milliseconds } = await outcome(store.put(key, 'after', MINUTE))
      if (error) expect(error).toMatchObject(AWAY)
      expect(milliseconds).toBeLessThan(1_000)
      return error === null
    },
    { seconds },
  )
  expect(await store.read(key)).toBe('after')
}

describe('Redis behind Sentinel', () => {
  test('goes on with the replica when the primary is gone', async () => {
    const watched = await startWatchedRedis()
    const sentinels = [{ host: '127.0.0.1', port: watched.sentinelPort }]
    const connection = await openRedis({ kind: 'sentinel', sentinels, name: watched.name, url: null }, log)
    const store = createRedisExpiring(connection)
    await store.put('test:failover', 'before', MINUTE)
    await watched.primary.kill('SIGKILL')
    await rideOut(store, 'test:failover', 10)
    await connection.close()
    await watched.stop()
  }, 60_000)
})

describe('a Redis Cluster', () => {
  test('refuses what a lost node held, serves the rest, repeats nothing, and goes on with the replica', async () => {
    const cluster = await startRedisCluster()
    const [first, ...others] = cluster.nodes
    const nodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
    const connection = await openRedis({ kind: 'cluster', nodes, url: null }, log)
    const store = createRedisExpiring(connection)
    const keys = Array.from({ length: 40 }, (_, at) => `test:key:${at}`)
    await Promise.all(keys.map((key) => store.count(key, MINUTE)))

    await first?.kill('SIGSTOP')
    const during = await Promise.all(keys.map((key) => outcome(store.count(key, MINUTE))))
    for (const { error, milliseconds } of during) {
      if (error) expect(error).toMatchObject(AWAY)
      expect(milliseconds).toBeLessThan(1_000)
    }
    const refused = keys.filter((_, at) => during[at]?.error)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThan(keys.length)

    await first?.kill('SIGCONT')
    await until('the node is used again', async () => {
      const again = await Promise.all(refused.map((key) => outcome(store.read(key))))
      return again.every(({ error }) => error === null)
    })
    // Counted before, perhaps while it hung, and now: repeated by the driver it would be more.
    for (const key of refused) expect((await store.count(key, MINUTE)).count).toBeLessThanOrEqual(3)

    await first?.kill('SIGKILL')
    await rideOut(store, refused[0] ?? '', 20)
    expect(others.length).toBe(5)
    await connection.close()
    await cluster.stop()
  }, 60_000)
})
