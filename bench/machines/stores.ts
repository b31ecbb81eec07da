import { startPostgres } from '../../test/support/postgres-server.ts'
import { startRedis } from '../../test/support/redis-server.ts'
import { pin } from './cores.ts'

export interface Stores {
  databaseUrl: string
  redisUrl: string
  pids: { postgres: number; redis: number }
  stop(): Promise<void>
}

/** As in production: a commit is on the disk before it is acknowledged, and Redis writes its log every second. */
export async function startStores({ cores }: { cores: string }): Promise<Stores> {
  const postgres = await startPostgres({ durable: true })
  const redis = await startRedis({
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
  })
  const pids = { postgres: postgres.pid, redis: redis.pid }
  for (const pid of Object.values(pids)) pin(pid, cores)
  return {
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    pids,
    stop: async () => {
      await redis.stop()
      await postgres.stop()
    },
  }
}
