import { Client, escapeIdentifier } from 'pg'
import type { Server } from '../../test/support/own-server.ts'
import { startPostgres } from '../../test/support/postgres-server.ts'
import { startRedis } from '../../test/support/redis-server.ts'
import { pin } from './cores.ts'

export interface Stores {
  databaseUrl: string
  redisUrl: string
}

/**
 * One PostgreSQL, in which everybody gets a database, and a Redis for everybody. As in production: a commit is on the
 * disk before it is acknowledged, and Redis writes its log every second.
 */
export interface StoreRoom {
  fresh(): Promise<Stores>
  stop(): Promise<void>
}

export async function openStoreRoom({ cores }: { cores: string }): Promise<StoreRoom> {
  const postgres = await startPostgres({ durable: true })
  pin(postgres.pid, cores)
  const redises: Server[] = []
  let databases = 0
  return {
    async fresh() {
      const redis = await startRedis({
        appendonly: 'yes',
        appendfsync: 'everysec',
        'maxmemory-policy': 'noeviction',
      })
      redises.push(redis)
      pin(redis.pid, cores)
      const databaseUrl = await makeDatabase(postgres.url, `campus_${++databases}`)
      return { databaseUrl, redisUrl: redis.url }
    },
    async stop() {
      for (const redis of redises) await redis.stop()
      await postgres.stop()
    },
  }
}

async function makeDatabase(server: string, name: string): Promise<string> {
  const client = new Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(`CREATE DATABASE ${escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
  return Object.assign(new URL(server), { pathname: `/${name}` }).href
}
