import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readlinkSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Cluster, Redis } from 'ioredis'
import { Client } from 'pg'
import type { Server } from './own-server.ts'
import { startPostgres } from './postgres-server.ts'
import { startRedisCluster } from './redis-cluster.ts'
import { startRedis } from './redis-server.ts'
import { until } from './until.ts'

describe('a PostgreSQL of one’s own', () => {
  test('keeps what was committed over SIGKILL, hangs under SIGSTOP and goes on after SIGCONT', async () => {
    const server = await startPostgres()
    const query = async (sql: string) => {
      const client = new Client({ connectionString: server.url })
      client.on('error', () => undefined)
      try {
        await client.connect()
        return (await client.query(sql)).rows
      } finally {
        await client.end()
      }
    }
    await query('CREATE TABLE kept AS SELECT 42 AS answer')
    const pid = server.pid
    await server.kill('SIGKILL')
    await expect(query('SELECT 1')).rejects.toThrow('ECONNREFUSED')
    await server.restart()
    expect(server.pid).not.toBe(pid)
    expect(await query('SELECT answer FROM kept')).toEqual([{ answer: 42 }])

    const client = new Client({ connectionString: server.url, query_timeout: 300 })
    await client.connect()
    await server.kill('SIGSTOP')
    await expect(client.query('SELECT 1')).rejects.toThrow('timeout')
    await server.kill('SIGCONT')
    await client.end()
    expect(await query('SELECT answer FROM kept')).toEqual([{ answer: 42 }])
    await server.stop()
  })
})

describe('a Redis of one’s own', () => {
  test('loses everything under SIGKILL and comes back on the same port', async () => {
    const server = await startRedis({ 'maxmemory-policy': 'allkeys-lru' })
    const redis = new Redis(server.url, { retryStrategy: () => 20 })
    redis.on('error', () => undefined)
    expect(await redis.config('GET', 'maxmemory-policy')).toContain('allkeys-lru')
    await redis.set('key', 'value')
    await server.kill('SIGKILL')
    await server.restart()
    await until('the client is back', () => redis.status === 'ready')
    expect(await redis.get('key')).toBeNull()
    redis.disconnect()
    await server.stop()
  })

  test('a cluster of six answers for keys of every slot', async () => {
    const cluster = await startRedisCluster()
    const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
    const keys = Array.from({ length: 40 }, (_, index) => `key:${index}`)
    await Promise.all(keys.map((key) => client.set(key, key)))
    expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys)
    client.disconnect()
    const roles = await Promise.all(cluster.nodes.map(roleOf))
    expect(roles).toEqual(['master', 'master', 'master', 'slave', 'slave', 'slave'])
    await cluster.stop()
  })
})

async function roleOf({ url }: Server) {
  const redis = new Redis(url)
  const [role] = await redis.role()
  redis.disconnect()
  return role
}

test('a server and its folder do not outlive a process that was killed', async () => {
  const program = `
    import { startRedis } from ${JSON.stringify(new URL('redis-server.ts', import.meta.url).href)}
    const { pid } = await startRedis()
    process.stdout.write(String(pid))
    setInterval(() => {}, 1000)
  `
  const child = spawn('node', ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [pid] = await once(child.stdout, 'data')
  const folder = readlinkSync(`/proc/${pid}/cwd`)
  expect(folder).toContain('campus-id-test-')
  child.kill('SIGKILL')
  await until('the folder is gone', () => !existsSync(folder))
})
