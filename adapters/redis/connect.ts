/**
 * The connection to Redis: standalone, by Sentinel, or to a cluster. Two promises: nothing hangs (a command is
 * answered, or rejected within its time limit, or at once when there is no connection), and nothing is sent twice (a
 * command whose reply is lost may have taken effect: only its caller knows whether it may be repeated).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import type { Logger } from 'pino'
import type { HostAndPort, RedisConfig } from '../../src/config.ts'
import { type Send, sendDurably, sendPlainly } from './decisions.ts'
import { judge, unavailable } from './failures.ts'

export interface RedisConnection {
  redis: Redis | Cluster
  /** Sends what decides something: it is answered when as many replicas have it as the configuration asks for. */
  decide: Send
  /** Rejects when Redis cannot be reached; of a cluster, also when some slots are served by nobody. */
  ping(): Promise<void>
  /** Connected to the primary now; of a cluster, to the primary that has the fewest. */
  replicas(): Promise<number>
  /** Such as `noeviction`; of a cluster, one that evicts if any node has it. */
  evictionPolicy(): Promise<string>
  /** Such as `7.2.4`. */
  version(): Promise<string>
  close(): Promise<void>
}

const COMMAND_MILLISECONDS = 700
/** When a server has been silent for this long while we wait, we hang up, so that nothing queues up behind it. */
const SILENCE_MILLISECONDS = 750
const CONNECT_MILLISECONDS = 1_000
const GOODBYE_MILLISECONDS = 200
const RECONNECT_MILLISECONDS_MAX = 500
const SLOTS_MILLISECONDS = 1_000
const READY_SECONDS = 5
const READY_PAUSE_MILLISECONDS = 20

const reconnectDelay = (attempt: number) => Math.min(50 * attempt, RECONNECT_MILLISECONDS_MAX)

const CONNECTION = {
  commandTimeout: COMMAND_MILLISECONDS,
  socketTimeout: SILENCE_MILLISECONDS,
  connectTimeout: CONNECT_MILLISECONDS,
  disconnectTimeout: GOODBYE_MILLISECONDS,
  autoResendUnfulfilledCommands: false,
  /** A command whose connection is lost is rejected there and then. */
  maxRetriesPerRequest: 0,
  /** A primary that became a replica: look for the new one. The command is not repeated (that would be `2`). */
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
} satisfies RedisOptions

/**
 * `enableAutoPipelining` stays off: measured on these commands, one that is awaited took twice as long (a batch leaves
 * after the present tick, and after the reply to the batch before it) for the same processor time.
 */
const SINGLE = {
  ...CONNECTION,
  enableOfflineQueue: false,
  retryStrategy: reconnectDelay,
} satisfies RedisOptions

const CLUSTER = {
  enableOfflineQueue: false,
  clusterRetryStrategy: reconnectDelay,
  /** 0 is never: by default a cluster repeats commands whose connection was lost. */
  retryDelayOnFailover: 0,
  retryDelayOnClusterDown: 0,
  maxRedirections: 5,
  slotsRefreshTimeout: CONNECT_MILLISECONDS,
  /** A decision that meets a node which is not in charge any more is refused and looks for no other by itself. */
  slotsRefreshInterval: SLOTS_MILLISECONDS,
} satisfies ClusterOptions

type Log = Pick<Logger, 'info' | 'warn'>

/** Resolves when commands are answered; rejects when that takes too long. Later interruptions are ridden out. */
export async function openRedis(
  config: RedisConfig,
  log: Log,
  { readySeconds = READY_SECONDS }: { readySeconds?: number } = {},
): Promise<RedisConnection> {
  const redis = create(config)
  // WAIT holds up whatever comes behind it on its connection: what decides has one of its own.
  const deciding = config.waitReplicas > 0 ? create(config) : redis
  const both = [...new Set([redis, deciding])]
  const watch = watchState(redis, log)
  if (deciding !== redis) standOrFallTogether(redis, deciding)
  try {
    await whenReady(both, readySeconds)
  } catch {
    for (const each of both) each.disconnect()
    const message = `no answer from ${whereIs(config)} in ${readySeconds} s`
    throw unavailable(new Error(message, { cause: watch.lastError() }))
  }
  return {
    redis,
    decide: config.waitReplicas > 0 ? sendDurably(deciding, config.waitReplicas) : sendPlainly(redis),
    ping: async () => void (await Promise.all(both.map(ping)).catch(rethrow)),
    async evictionPolicy() {
      const policies = await Promise.all(primariesOf(redis).map((node) => fact(node, 'memory', 'maxmemory_policy')))
      return policies.find((policy) => policy !== 'noeviction') ?? 'noeviction'
    },
    async replicas() {
      const counts = await Promise.all(primariesOf(redis).map((node) => fact(node, 'replication', 'connected_slaves')))
      return Math.min(...counts.map(Number))
    },
    async version() {
      const versions = await Promise.all(primariesOf(redis).map((node) => fact(node, 'server', 'redis_version')))
      return versions[0] ?? 'unknown'
    },
    async close() {
      watch.stop()
      await Promise.all(both.map((each) => each.quit().catch(() => undefined)))
      // Also after a proper goodbye: it ends what watches the Sentinels, and attempts to connect again.
      for (const each of both) each.disconnect()
    },
  }
}

/** One that is lost tells of the other: what has not been used since the server hung would find out by hanging. */
function standOrFallTogether(redis: Redis | Cluster, deciding: Redis | Cluster): void {
  const pairs = [
    [redis, deciding],
    [deciding, redis],
  ] as const
  for (const [one, other] of pairs) {
    one.on('error', () => undefined)
    if (other instanceof Redis) one.on('close', () => other.status === 'ready' && other.disconnect(true))
  }
}

/** One line when the connection is lost and one when it is back, however many attempts lie between. */
function watchState(redis: Redis | Cluster, log: Log) {
  let lastError: unknown = null
  let connected = false
  let watching = true
  redis.on('error', (error) => {
    lastError = error
  })
  redis.on('ready', () => {
    connected = true
    log.info('connected to Redis')
  })
  redis.on('close', () => {
    if (connected && watching) log.warn({ err: lastError }, 'lost the connection to Redis')
    connected = false
  })
  return {
    lastError: () => lastError,
    stop() {
      watching = false
    },
  }
}

function create(config: RedisConfig): Redis | Cluster {
  switch (config.kind) {
    case 'standalone':
      return new Redis(config.url, SINGLE)
    case 'sentinel':
      return new Redis({
        ...SINGLE,
        ...accessFrom(config.url),
        sentinels: copies(config.sentinels),
        name: config.name,
        failoverDetector: true,
        sentinelRetryStrategy: reconnectDelay,
        sentinelCommandTimeout: COMMAND_MILLISECONDS,
      })
    case 'cluster': {
      const cluster = new Cluster(copies(config.nodes), {
        ...CLUSTER,
        redisOptions: { ...CONNECTION, ...accessFrom(config.url) },
      })
      // Else the first command that needs a node would connect to it, and those beside that one would be refused.
      cluster.on('+node', (node: Redis) => void node.connect().catch(() => undefined))
      return cluster
    }
  }
}

/** ioredis writes into the addresses that it is given; ours are frozen. */
const copies = (addresses: readonly HostAndPort[]) => addresses.map((address) => ({ ...address }))

/** Who we are and whether we speak TLS; the address in it is not used. */
function accessFrom(url: string | null): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  if (url === null) return {}
  const { protocol, username, password } = new URL(url)
  return {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  }
}

/** Without the password. */
function whereIs(config: RedisConfig): string {
  if (config.kind === 'standalone') return `Redis at ${new URL(config.url).host}`
  const nodes = config.kind === 'sentinel' ? config.sentinels : config.nodes
  return `the Redis ${config.kind} at ${nodes.map(({ host, port }) => `${host}:${port}`).join(', ')}`
}

const primariesOf = (redis: Redis | Cluster): Redis[] => (redis instanceof Cluster ? redis.nodes('master') : [redis])

/** Asks again and again: the nodes of a cluster come and go while we wait for them. */
async function whenReady(connections: readonly (Redis | Cluster)[], seconds: number): Promise<void> {
  const attempts = (seconds * 1000) / READY_PAUSE_MILLISECONDS
  for (let attempt = 0; attempt < attempts; attempt++) {
    const all = connections.flatMap((redis) => [redis, ...primariesOf(redis)])
    if (all.every(({ status }) => status === 'ready')) return
    await pause(READY_PAUSE_MILLISECONDS)
  }
  throw new Error('not ready')
}

/** A node of a cluster answers PING also while others are missed: ask it what it thinks of the cluster. */
async function ping(redis: Redis | Cluster): Promise<void> {
  if (redis instanceof Redis) await redis.ping()
  else if (!(await redis.cluster('INFO')).includes('cluster_state:ok')) throw new Error('the cluster is not complete')
}

/** INFO rather than CONFIG GET: hosted Redis often forbids the latter. */
async function fact(node: Redis, section: string, name: string): Promise<string> {
  const info = await node.info(section).catch(rethrow)
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? 'unknown'
}

function rethrow(error: unknown): never {
  throw judge(error)
}
