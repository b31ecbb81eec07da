/** What decides something counts when a replica has it: a primary that is cut off gives nothing away twice. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import type { ExpiringStore } from '../../src/expiring/expiring.ts'
import { type CuttingProxy, startCuttingProxy } from '../../test/support/cutting-proxy.ts'
import type { Server } from '../../test/support/own-server.ts'
import { startRedisCluster } from '../../test/support/redis-cluster.ts'
import { startRedis } from '../../test/support/redis-server.ts'
import { until } from '../../test/support/until.ts'
import { openRedis, type RedisConnection } from './connect.ts'
import { createRedisExpiring } from './expiring.ts'

const AWAY = { unavailable: 'redis' }
const MINUTE = { seconds: 60 }
const CODES = 20
const log = pino({ level: 'silent' })

async function timed(work: Promise<unknown>) {
  const began = performance.now()
  const error: unknown = await work.then(
    () => null,
    (cause: unknown) => cause,
  )
  return { error, milliseconds: performance.now() - began }
}

/** Of those that decide, one each; all are to be refused alike. */
const decisions: [string, (store: ExpiringStore, key: string) => Promise<unknown>][] = [
  ['a swap', (store, key) => store.swap(key, 'value', 'used')],
  ['a take', (store, key) => store.take(key)],
  ['a removal', (store, key) => store.remove(key)],
  ['a reservation', (store, key) => store.reserve(`${key}:new`, 'mine', MINUTE)],
]

describe('a primary with a replica', () => {
  let primary: Server
  let between: CuttingProxy
  let replica: Server
  const opened: RedisConnection[] = []
  let short = 0

  beforeEach(async () => {
    short = 0
    primary = await startRedis({ 'repl-diskless-sync-delay': '0' })
    between = await startCuttingProxy(primary.port)
    replica = await startRedis({ replicaof: `127.0.0.1 ${between.port}` })
    await until('the replica confirms', () => confirmsSteadily(primary))
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((connection) => connection.close()))
    await replica.stop()
    await between.stop()
    await primary.stop()
  })

  async function open({ port }: { port: number }, waitReplicas: number) {
    const config = { kind: 'standalone', url: `redis://127.0.0.1:${port}`, waitReplicas } as const
    const connection = await openRedis(config, log, { unconfirmed: () => void short++ })
    opened.push(connection)
    return connection
  }

  async function promote() {
    const direct = new Redis(replica.port, '127.0.0.1')
    await direct.replicaof('NO', 'ONE')
    direct.disconnect()
  }

  test.each(decisions)(
    '%s is answered while the replica confirms, and refused in time while it cannot',
    async (_what, decide) => {
      const store = createRedisExpiring(await open(primary, 1))
      await store.put('test:before', 'value', MINUTE)
      await decide(store, 'test:before')
      await store.put('test:during', 'value', MINUTE)
      expect(short).toBe(0)
      between.hang()
      const { error, milliseconds } = await timed(decide(store, 'test:during'))
      expect(short).toBe(1)
      expect(error).toMatchObject({ ...AWAY, cause: { message: '0 of 1 replicas confirmed within 200 ms' } })
      expect(milliseconds).toBeLessThan(700)
      await between.resume()
      await store.put('test:after', 'value', MINUTE)
      await until('the replica confirms again', async () => (await timed(decide(store, 'test:after'))).error === null)
    },
  )

  test('many refusals at once are all in time, and what decides nothing is answered beside them', async () => {
    const store = createRedisExpiring(await open(primary, 1))
    await store.put('test:read', 'value', MINUTE)
    between.hang()
    const refused = Array.from({ length: CODES }, (_, code) => timed(store.take(`test:code:${code}`)))
    const read = await timed(store.read('test:read'))
    expect(read.error).toBeNull()
    expect(read.milliseconds).toBeLessThan(250)
    for (const { error, milliseconds } of await Promise.all(refused)) {
      expect(error).toMatchObject(AWAY)
      expect(milliseconds).toBeLessThan(1_000)
    }
  })

  /** Both sides of a cut redeem the same codes: answers how many were given away on both. */
  async function redeemOnBothSides(waitReplicas: number) {
    const codes = Array.from({ length: CODES }, (_, code) => `test:code:${code}`)
    const here = createRedisExpiring(await open(primary, waitReplicas))
    for (const code of codes) await here.put(code, 'unused', MINUTE)
    await until('the replica has the codes', async () => (await copied(replica, codes.at(-1) ?? '')) === 'unused')
    between.hang()
    const first = await Promise.all(codes.map((code) => won(here.swap(code, 'unused', 'used here'))))
    await between.refuse()
    await promote()
    const there = createRedisExpiring(await open(replica, 0))
    const second = await Promise.all(codes.map((code) => won(there.swap(code, 'unused', 'used there'))))
    return codes.filter((_, code) => first[code] && second[code]).length
  }

  test('a primary that is cut off gives nothing away that the next one gives again', async () => {
    expect(await redeemOnBothSides(1)).toBe(0)
  })

  test('without waiting it would: this test can tell', async () => {
    expect(await redeemOnBothSides(0)).toBe(CODES)
  })

  test('who asks again after a lost reply is not told "yours" before a replica has it', async () => {
    const front = await startCuttingProxy(primary.port)
    const store = createRedisExpiring(await open(front, 1))
    await store.put('test:lost', 'value', MINUTE)
    // From here on the server knows the script, and the first reply that is lost is that of the swap itself.
    await store.swap('test:other', 'never', 'stood')
    between.hang()
    const lost = front.loseNextReply('mine')
    await expect(store.swap('test:lost', 'value', 'mine')).rejects.toMatchObject(AWAY)
    await lost
    await until('Redis answers again', async () => (await timed(store.ping())).error === null)
    await expect(store.swap('test:lost', 'value', 'mine')).rejects.toMatchObject(AWAY)
    await between.resume()
    await until('the replica confirms again', async () => (await timed(store.remove('test:other'))).error === null)
    expect(await store.swap('test:lost', 'value', 'mine')).toEqual({ swapped: false, current: 'mine' })
    await front.stop()
  })
})

test('in a cluster the replica of the very node that holds the key must have it', async () => {
  const cluster = await startRedisCluster()
  const nodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
  const connection = await openRedis({ kind: 'cluster', nodes, url: null, waitReplicas: 1 }, log)
  const store = createRedisExpiring(connection)
  const keys = Array.from({ length: 30 }, (_, at) => `test:key:${at}`)
  const decideAll = () => Promise.all(keys.map((key) => timed(store.reserve(key, 'mine', MINUTE))))
  await until('every replica confirms', async () => (await decideAll()).every(({ error }) => error === null))
  await Promise.all(keys.map((key) => store.put(key, 'again', MINUTE)))
  const [first] = cluster.nodes
  const [, , , replicaOfFirst] = cluster.nodes
  await replicaOfFirst?.kill('SIGSTOP')
  const during = await Promise.all(keys.map((key) => timed(store.take(key))))
  const direct = new Redis(first?.port ?? 0, '127.0.0.1')
  for (const [at, { error, milliseconds }] of during.entries()) {
    const held = await direct.exists(`campus:{${keys[at]}}`).catch(() => null)
    if (held === null) expect(error).toBeNull()
    else expect(error).toMatchObject(AWAY)
    expect(milliseconds).toBeLessThan(1_000)
  }
  expect(new Set(during.map(({ error }) => error === null)).size).toBe(2)
  direct.disconnect()
  await connection.close()
  await replicaOfFirst?.kill('SIGCONT')
  await cluster.stop()
}, 60_000)

const won = (swap: ReturnType<ExpiringStore['swap']>) =>
  swap.then(
    ({ swapped }) => swapped,
    () => false,
  )

async function copied({ port }: Server, key: string): Promise<string | null> {
  const direct = new Redis(port, '127.0.0.1')
  try {
    return await direct.get(`campus:{${key}}`)
  } finally {
    direct.disconnect()
  }
}

/** More than once: the first may be of the copy with which it began, and what follows may still be held back. */
async function confirmsSteadily({ port }: Server): Promise<boolean> {
  const direct = new Redis(port, '127.0.0.1')
  try {
    for (let turn = 0; turn < 3; turn++) {
      await direct.set('confirm', turn)
      if ((await direct.wait(1, 100)) === 0) return false
    }
    return true
  } finally {
    direct.disconnect()
  }
}
