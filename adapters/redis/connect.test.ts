import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { type CuttingProxy, startCuttingProxy } from '../../test/support/cutting-proxy.ts'
import { freePort } from '../../test/support/free-port.ts'
import { startLoadingRedis } from '../../test/support/loading-redis.ts'
import type { Server } from '../../test/support/own-server.ts'
import { startRedis } from '../../test/support/redis-server.ts'
import { until } from '../../test/support/until.ts'
import { openRedis, type RedisConnection } from './connect.ts'
import { createRedisExpiring } from './expiring.ts'

const AWAY = { unavailable: 'redis', retryAfterSeconds: expect.any(Number) }
const MINUTE = { seconds: 60 }
const log = pino({ level: 'silent' })

async function timed(work: Promise<unknown>) {
  const began = performance.now()
  const error: unknown = await work.then(
    () => null,
    (cause: unknown) => cause,
  )
  return { error, milliseconds: performance.now() - began }
}

let server: Server
let proxy: CuttingProxy
let connection: RedisConnection

beforeAll(async () => {
  server = await startRedis()
  proxy = await startCuttingProxy(server.port)
}, 30_000)
afterAll(async () => {
  await proxy?.stop()
  await server?.stop()
})
beforeEach(async () => {
  connection = await openRedis({ kind: 'standalone', url: `redis://127.0.0.1:${proxy.port}`, waitReplicas: 0 }, log)
})
afterEach(() => connection.close())

const answers = () =>
  until(
    'Redis answers again',
    () =>
      connection.ping().then(
        () => true,
        () => false,
      ),
    { seconds: 2 },
  )

test('says what it is connected to', async () => {
  expect(await connection.version()).toMatch(/^\d+\.\d+\.\d+$/)
  expect(await connection.evictionPolicy()).toBe('noeviction')
  await connection.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
  expect(await connection.evictionPolicy()).toBe('allkeys-lru')
  await connection.redis.config('SET', 'maxmemory-policy', 'noeviction')
})

test('refuses to start where nothing answers, and does not tell the password', async () => {
  const port = await freePort()
  const config = { kind: 'standalone', url: `redis://:geheim@127.0.0.1:${port}`, waitReplicas: 0 } as const
  const error: unknown = await openRedis(config, log, { readySeconds: 1 }).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ ...AWAY, cause: { message: `no answer from Redis at 127.0.0.1:${port} in 1 s` } })
  expect(JSON.stringify([error, String((error as Error).stack)])).not.toContain('geheim')
})

describe('a server that is down', () => {
  test('is reported at once, and is used again within two seconds of its return', async () => {
    await server.kill('SIGKILL')
    await until('the connection is lost', () => connection.redis.status !== 'ready')
    for (let call = 0; call < 5; call++) {
      const { error, milliseconds } = await timed(createRedisExpiring(connection).read('test:down'))
      expect(error).toMatchObject(AWAY)
      expect(milliseconds).toBeLessThan(300)
    }
    await server.restart()
    await answers()
  })
})

describe('a server that hangs', () => {
  test('is given up on within a second, then at once, and is used again within two seconds', async () => {
    const expiring = createRedisExpiring(connection)
    await expiring.count('test:warm', MINUTE)
    await server.kill('SIGSTOP')
    const calls = await Promise.all(Array.from({ length: 100 }, () => timed(expiring.count('test:hung', MINUTE))))
    for (const { error, milliseconds } of calls) {
      expect(error).toMatchObject(AWAY)
      expect(milliseconds).toBeLessThan(1_000)
    }
    await until('the silent connection was given up', () => connection.redis.status !== 'ready')
    const { error, milliseconds } = await timed(expiring.count('test:hung', MINUTE))
    expect(error).toMatchObject(AWAY)
    expect(milliseconds).toBeLessThan(300)
    await server.kill('SIGCONT')
    await answers()
    // What had reached it may have been done, but not twice; the call after that was never sent.
    expect((await expiring.count('test:hung', MINUTE)).count).toBeLessThanOrEqual(101)
  })
})

describe('a reply that is lost', () => {
  test('rejects the swap, which took effect once: whoever repeats it finds their own value', async () => {
    const expiring = createRedisExpiring(connection)
    await expiring.put('test:lost', 'before', MINUTE)
    await expiring.swap('test:warm', 'nothing', 'nothing')
    const lost = proxy.loseNextReply('test:lost')
    await expect(expiring.swap('test:lost', 'before', 'after')).rejects.toMatchObject(AWAY)
    await lost
    await answers()
    expect(await expiring.swap('test:lost', 'before', 'after')).toEqual({ swapped: false, current: 'after' })
  })

  test('counts once', async () => {
    const expiring = createRedisExpiring(connection)
    await expiring.count('test:counted', MINUTE)
    const lost = proxy.loseNextReply('test:counted')
    await expect(expiring.count('test:counted', MINUTE)).rejects.toMatchObject(AWAY)
    await lost
    await answers()
    expect((await expiring.count('test:counted', MINUTE)).count).toBe(3)
  })

  test('takes once', async () => {
    const expiring = createRedisExpiring(connection)
    await expiring.put('test:taken', 'once', MINUTE)
    const lost = proxy.loseNextReply('test:taken')
    await expect(expiring.take('test:taken')).rejects.toMatchObject(AWAY)
    await lost
    await answers()
    expect(await expiring.take('test:taken')).toBeNull()
  })
})

test('a server without memory left is unavailable', async () => {
  const expiring = createRedisExpiring(connection)
  await connection.redis.config('SET', 'maxmemory', '1')
  await expect(expiring.put('test:full', 'value', MINUTE)).rejects.toMatchObject(AWAY)
  await connection.redis.config('SET', 'maxmemory', '0')
  await expiring.put('test:full', 'value', MINUTE)
})

test('a server that was demoted is unavailable, and is looked for again', async () => {
  const expiring = createRedisExpiring(connection)
  const closed = new Promise((resolve) => connection.redis.once('close', () => resolve(true)))
  await connection.redis.replicaof('127.0.0.1', 1)
  await expect(expiring.put('test:demoted', 'value', MINUTE)).rejects.toMatchObject(AWAY)
  expect(await closed).toBe(true)
  await answers()
  await connection.redis.replicaof('NO', 'ONE')
  await expiring.put('test:demoted', 'value', MINUTE)
})

test('a server that reads its file at its start is asked again soon, however long it guesses', async () => {
  const loading = await startLoadingRedis({ guessSeconds: 600 })
  const config = { kind: 'standalone', url: `redis://127.0.0.1:${loading.port}`, waitReplicas: 0 } as const
  const opened = await openRedis(config, log, { readySeconds: 5 })
  expect(loading.asked().filter((command) => command === 'INFO')).toHaveLength(2)
  await opened.close()
  await loading.stop()
})

test('a wrong command is a mistake of ours, and its error carries no value', async () => {
  const expiring = createRedisExpiring(connection)
  await connection.redis.lpush('campus:{test:list}', 'element')
  const error: unknown = await expiring.swap('test:list', 'secret', 'other').catch((cause: unknown) => cause)
  expect(error).toMatchObject({ name: 'ReplyError' })
  expect(error).not.toMatchObject(AWAY)
  expect(JSON.stringify(error)).not.toContain('secret')
})
