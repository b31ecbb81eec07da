import { createHash } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import type { StoreWatch } from '../../src/metrics/metrics.ts'

/** Runs on one key. The reply is whatever the script returns: its caller parses it. */
export type Script = (key: string, ...values: readonly (string | number)[]) => Promise<unknown>

/**
 * Sends the hash alone; a server that does not know it has run nothing, so it may be sent the text. That is one more
 * round trip than the caller counts.
 */
export function createScript(redis: Redis | Cluster, text: string, watch: StoreWatch): Script {
  const hash = createHash('sha1').update(text).digest('hex')
  return (key, ...values) =>
    redis.evalsha(hash, 1, key, ...values).catch((error: unknown) => {
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) {
        return watch.call('script', () => redis.eval(text, 1, key, ...values))
      }
      throw error
    })
}
