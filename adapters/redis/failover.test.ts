import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import type { ExpiringStore } from '../../src/expiring/expiring.ts'
import { startCuttingProxy } from '../../test/support/cutting-proxy.ts'
import type { Server } from '../../test/support/own-server.ts'
import { type RedisCluster, startRedisCluster } from '../../test/support/redis-cluster.ts'
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
  // Who has taken over is learned by one connection after the other: an answer may be missing once more, but not wrong.
  await until(
    'what was put is read',
    async () => {
      const read = store.read(key)
      const { error } = await outcome(read)
      if (error) expect(error).toMatchObject(AWAY)
      else expect(await read).toBe('after')
      return error === null
    },
    { seconds },
  )
}

describe('Redis behind Sentinel', () => {
  test('goes on with the replica when the primary is gone', async () => {
    const watched = await startWatchedRedis()
    const sentinels = watched.sentinelPorts.map((port) => ({ host: '127.0.0.1', port }))
    const connection = await openRedis(
      { kind: 'sentinel', sentinels, name: watched.name, url: null, waitReplicas: 0 },
      log,
    )
    const store = createRedisExpiring(connection)
    await store.put('test:failover', 'before', MINUTE)
    await watched.primary.kill('SIGKILL')
    await rideOut(store, 'test:failover', 30)
    await connection.close()
    await watched.stop()
  }, 60_000)
})

describe('a Redis Cluster', () => {
  let cluster: RedisCluster
  let first: Server
  beforeAll(async () => {
    cluster = await startRedisCluster()
    const [node] = cluster.nodes
    if (!node) throw new Error('a cluster has nodes')
    first = node
  }, 60_000)
  afterAll(() => cluster?.stop())

  test('has a mark in each of up to eight primaries with equal shares', async () => {
    const connection = await open(cluster.nodes)
    const tag = (name: string) => `{expiring:mark:${name}}`
    const slots = await Promise.all(connection.markNames.map((name) => connection.redis.cluster('KEYSLOT', tag(name))))
    for (let primaries = 1; primaries <= 8; primaries++) {
      const held = new Set(slots.map((slot) => Math.floor((Number(slot) * primaries) / 16_384)))
      expect(held.size).toBe(primaries)
    }
    await connection.close()
  })

  test('is called unavailable when a reply is lost, and is not asked a second time', async () => {
    const proxy = await startCuttingProxy(first.port)
    const node = new Redis(first.port, '127.0.0.1')
    await node.config('SET', 'cluster-announce-port', proxy.port)
    const other = new Redis(cluster.nodes[1]?.port ?? 0, '127.0.0.1')
    const announced = async () => JSON.stringify(await other.cluster('SLOTS')).includes(String(proxy.port))
    await until('the others send us to the proxy', announced)
    const ours = await open(cluster.nodes.slice(1, 2))
    const store = createRedisExpiring(ours)
    const key = await keyIn(node)
    const before = (await store.count(key, MINUTE)).count
    const lost = proxy.loseNextReply(key)
    await expect(store.count(key, MINUTE)).rejects.toMatchObject(AWAY)
    await lost
    await until('it is used again', async () => (await outcome(store.read(key))).error === null)
    expect((await store.count(key, MINUTE)).count).toBe(before + 2)
    await node.config('SET', 'cluster-announce-port', 0)
    await until('they send us to the node itself again', async () => !(await announced()))
    node.disconnect()
    other.disconnect()
    await ours.close()
    await proxy.stop()
  }, 30_000)

  test('refuses what a hung node holds and serves the rest, until a replica takes over, or all are gone', async () => {
    const connection = await open(cluster.nodes)
    const store = createRedisExpiring(connection)
    const keys = Array.from({ length: 40 }, (_, at) => `test:key:${at}`)
    await until('every node is used', async () => {
      const all = await Promise.all(keys.map((key) => outcome(store.count(key, MINUTE))))
      return all.every(({ error }) => error === null)
    })
    await first.kill('SIGSTOP')
    const during = await Promise.all(keys.map((key) => outcome(store.count(key, MINUTE))))
    for (const { error, milliseconds } of during) {
      if (error) expect(error).toMatchObject(AWAY)
      expect(milliseconds).toBeLessThan(1_000)
    }
    const refused = keys.filter((_, at) => during[at]?.error)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThan(keys.length)
    await first.kill('SIGKILL')
    await rideOut(store, refused[0] ?? '', 20)

    await Promise.all(cluster.nodes.map((node) => node.kill('SIGKILL')))
    for (const key of keys) {
      const { error, milliseconds } = await outcome(store.read(key))
      expect(error).toMatchObject(AWAY)
      expect(milliseconds).toBeLessThan(300)
    }
    await connection.close()
  }, 60_000)
})

const open = (nodes: readonly { port: number }[]) =>
  openRedis(
    { kind: 'cluster', nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })), url: null, waitReplicas: 0 },
    log,
  )

/** A key that this node holds. */
async function keyIn(node: Redis): Promise<string> {
  for (let at = 0; ; at++) {
    const key = `test:lost:${at}`
    const answer: unknown = await node.get(`campus:{${key}}`).catch((error: unknown) => error)
    if (answer === null) return key
  }
}
