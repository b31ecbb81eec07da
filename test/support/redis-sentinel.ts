import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'
import { findProgram } from './installed.ts'
import { ownFolder } from './own-folder.ts'
import { type Server, startProgram } from './own-server.ts'
import { startRedis } from './redis-server.ts'
import { until } from './until.ts'

export interface WatchedRedis {
  name: string
  primary: Server
  replica: Server
  sentinelPort: number
  stop(): Promise<void>
}

/** A primary and its replica, with a Sentinel that promotes the replica half a second after the primary is gone. */
export async function startWatchedRedis(): Promise<WatchedRedis> {
  const name = 'campus'
  const primary = await startRedis({ 'repl-diskless-sync-delay': '0' })
  const replica = await startRedis({ replicaof: `127.0.0.1 ${primary.port}` })
  const folder = ownFolder()
  const sentinelPort = await freePort()
  const settings = join(folder.path, 'sentinel.conf')
  writeFileSync(
    settings,
    [
      `port ${sentinelPort}`,
      'bind 127.0.0.1',
      `dir ${folder.path}`,
      `sentinel monitor ${name} 127.0.0.1 ${primary.port} 1`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 1000`,
      '',
    ].join('\n'),
  )
  const knowsBoth = async () => {
    const redis = new Redis(sentinelPort, '127.0.0.1', { retryStrategy: () => null, lazyConnect: true })
    redis.on('error', () => undefined)
    try {
      await redis.connect()
      return String(await redis.call('SENTINEL', 'REPLICAS', name)).includes('master-link-status,ok')
    } catch {
      return false
    } finally {
      redis.disconnect()
    }
  }
  const command = findProgram('redis-server') ?? 'redis-server'
  const program = { name: 'sentinel', command, args: [settings, '--sentinel'], folder: folder.path }
  await startProgram({ ...program, isReady: knowsBoth })
  await until('the replica has its copy', knowsBoth)
  return {
    name,
    primary,
    replica,
    sentinelPort,
    async stop() {
      await Promise.all([folder.remove(), primary.stop(), replica.stop()])
    },
  }
}
