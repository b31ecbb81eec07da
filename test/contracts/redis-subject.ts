import { pino } from 'pino'
import { openRedis } from '../../adapters/redis/connect.ts'
import { createRedisExpiring } from '../../adapters/redis/expiring.ts'
import type { RedisConfig } from '../../src/config.ts'
import type { ExpiringSubject } from './expiring-subject.ts'

export interface RedisSubject extends ExpiringSubject {
  close(): Promise<void>
}

export async function openRedisSubject(config: RedisConfig): Promise<RedisSubject> {
  const connection = await openRedis(config, pino({ level: 'silent' }))
  const keyOf = (key: string) => key.replace(/^[^/]*/, 'campus:{$&}')
  return {
    store: createRedisExpiring(connection),
    async age(key) {
      // A moment in the past: Redis removes the key there and then.
      await connection.redis.pexpireat(keyOf(key), 1)
    },
    secondsLeft: (key) => connection.redis.ttl(keyOf(key)),
    close: () => connection.close(),
  }
}
