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
  /** By which the Sentinels know the group. */
  name: string
  /** The primary as it was at the start. */
  primary: Server
  replicas: readonly Server[]
  sentinelPorts: readonly number[]
  /** Which one the Sentinels call the primary now. */
  primaryNow(): Promise<Server>
  /** Puts this server behind the present primary, with a copy of what that one holds. */
  follow(server: Server): Promise<void>
  stop(): Promise<void>
}

export interface Watching {
  replicas: number
  /** More than half of them must agree that the primary is gone. */
  sentinels: number
  downAfterMilliseconds: number
}

/** It takes them up to a second to see that a replica was promoted, and longer than this is no failover. */
const FAILOVER_MILLISECONDS_MIN = 1_000
const SMALLEST: Watching = { replicas: 1, sentinels: 1, downAfterMilliseconds: 500 }

/** A primary, its replicas, and the Sentinels that promote one of these when the primary does not answer. */
export async function startWatchedRedis({
  replicas: replicaCount,
  sentinels: sentinelCount,
  downAfterMilliseconds,
}: Watching = SMALLEST): Promise<WatchedRedis> {
  const name = 'campus'
  const settings = { 'repl-diskless-sync-delay': '0' }
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    await Promise.all(stops.map((each) => each()))
  }
  try {
    const primary = await startRedis(settings)
    stops.push(primary.stop)
    const replicas = await Promise.all(
      Array.from({ length: replicaCount }, () => startRedis({ ...settings, replicaof: `127.0.0.1 ${primary.port}` })),
    )
    stops.push(...replicas.map((replica) => replica.stop))
    const conf = (port: number, folder: string) =>
      [
        `port ${port}`,
        'bind 127.0.0.1',
        `dir ${folder}`,
        `sentinel monitor ${name} 127.0.0.1 ${primary.port} ${Math.floor(sentinelCount / 2) + 1}`,
        `sentinel down-after-milliseconds ${name} ${downAfterMilliseconds}`,
        `sentinel failover-timeout ${name} ${Math.max(downAfterMilliseconds, FAILOVER_MILLISECONDS_MIN)}`,
        `sentinel parallel-syncs ${name} ${replicaCount}`,
        '',
      ].join('\n')
    const sentinels = await Promise.all(Array.from({ length: sentinelCount }, () => startSentinel(conf, name)))
    stops.push(...sentinels.map((sentinel) => sentinel.stop))
    const sentinelPorts = sentinels.map(({ port }) => port)
    await until('the Sentinels know the replicas and each other', async () => {
      const known = await Promise.all(sentinelPorts.map((port) => seen(port, name)))
      return known.every((it) => it.upToDate === replicaCount && it.others === sentinelCount - 1)
    })
    const servers = [primary, ...replicas]
    const primaryNow = async () => {
      const addresses = await Promise.all(sentinelPorts.map((port) => primaryAccordingTo(port, name)))
      const agreed = servers.find(({ port }) => addresses.every((address) => address === port))
      if (!agreed) throw new Error(`the Sentinels do not agree: ${addresses.join(', ')}`)
      return agreed
    }
    return { name, primary, replicas, sentinelPorts, primaryNow, follow: (server) => follow(server, primaryNow), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startSentinel(conf: (port: number, folder: string) => string, name: string) {
  const folder = ownFolder()
  const port = await freePort()
  const file = join(folder.path, 'sentinel.conf')
  writeFileSync(file, conf(port, folder.path))
  const command = findProgram('redis-server') ?? 'redis-server'
  const program = { name: 'sentinel', command, args: [file, '--sentinel'], folder: folder.path }
  await startProgram({ ...program, isReady: async () => (await primaryAccordingTo(port, name)) !== null })
  return { port, stop: folder.remove }
}

async function follow(server: Server, primaryNow: () => Promise<Server>): Promise<void> {
  await until(
    'it follows the primary',
    async () => {
      const { port } = await primaryNow()
      const info = await asking(server.port, async (redis) => {
        const said = await redis.info('replication')
        const follows = said.includes('role:slave') && said.includes(`master_port:${port}`)
        if (!follows) await redis.replicaof('127.0.0.1', port)
        return said
      })
      return info?.includes(`master_port:${port}`) === true && info.includes('master_link_status:up')
    },
    { seconds: 20 },
  )
}

async function primaryAccordingTo(port: number, name: string): Promise<number | null> {
  const address = await asking(port, (redis) => redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name))
  return Array.isArray(address) ? Number(address[1]) : null
}

async function seen(port: number, name: string): Promise<{ upToDate: number; others: number }> {
  const found = await asking(port, async (redis) => [
    await redis.call('SENTINEL', 'REPLICAS', name),
    await redis.call('SENTINEL', 'SENTINELS', name),
  ])
  const [replicas, others] = found ?? []
  const upToDate = String(replicas).match(/master-link-status,ok/g)?.length ?? 0
  return { upToDate, others: Array.isArray(others) ? others.length : 0 }
}

/** null where nothing answers. */
async function asking<Answer>(port: number, ask: (redis: Redis) => Promise<Answer>): Promise<Answer | null> {
  const options = { retryStrategy: () => null, lazyConnect: true, commandTimeout: 1_000, maxRetriesPerRequest: 0 }
  const redis = new Redis(port, '127.0.0.1', options)
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    return await ask(redis)
  } catch {
    return null
  } finally {
    redis.disconnect()
  }
}
