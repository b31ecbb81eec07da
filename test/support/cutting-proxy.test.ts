import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts'
import type { Server } from './own-server.ts'
import { startRedis } from './redis-server.ts'

let server: Server
let proxy: CuttingProxy
let through: Redis
let direct: Redis

beforeEach(async () => {
  server = await startRedis()
  proxy = await startCuttingProxy(server.port)
  through = connect(proxy.port)
  direct = connect(server.port)
  await through.ping()
})

afterEach(async () => {
  through.disconnect()
  direct.disconnect()
  await proxy.stop()
  await server.stop()
})

function connect(port: number): Redis {
  const redis = new Redis(port, '127.0.0.1', {
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: 1_500,
    retryStrategy: () => 20,
    // `disconnect` waits this long for the end of a connection, also where it was cut before.
    disconnectTimeout: 50,
  })
  redis.on('error', () => undefined)
  return redis
}

test('what is sent has its effect and the reply is lost, once', async () => {
  const lost = proxy.loseNextReply('incr')
  await expect(through.incr('count')).rejects.toThrow()
  await lost
  expect(await direct.get('count')).toBe('1')
  expect(await through.incr('count')).toBe(2)
})

test('a request that does not contain the word passes', async () => {
  const lost = proxy.loseNextReply('incr')
  expect(await through.set('key', 'value')).toBe('OK')
  await expect(through.incr('count')).rejects.toThrow()
  await lost
})

test('while it hangs nothing passes; afterwards what waited does', async () => {
  proxy.hang()
  await expect(through.set('key', 'late')).rejects.toThrow('timed out')
  expect(await direct.get('key')).toBeNull()
  await proxy.resume()
  expect(await through.get('key')).toBe('late')
})

test('while it refuses nobody connects; afterwards clients come back', async () => {
  await proxy.refuse()
  await expect(through.ping()).rejects.toThrow()
  await proxy.resume()
  expect(await through.ping().catch(() => through.ping())).toBe('PONG')
})
