/** A client of ioredis as we want it: nothing hangs, nothing is sent twice. */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import type { HostAndPort, RedisConfig } from '../../src/config.ts'

/** Twice, with what a request did between (a hash, another store), is less than the second that anybody waits. */
const COMMAND_MILLISECONDS = 400
/** When a server has been silent for this long while we wait, we hang up, so that nothing queues up behind it. */
const SILENCE_MILLISECONDS = 450
const CONNECT_MILLISECONDS = 1_000
const GOODBYE_MILLISECONDS = 200
const RECONNECT_MILLISECONDS_MAX = 250
/** A server that reads its file guesses how long that takes, at first by far too much. ioredis believes 10 s of it. */
const LOADING_MILLISECONDS_MAX = 250
const SLOTS_MILLISECONDS = 1_000

const reconnectDelay = (attempt: number) => Math.min(50 * attempt, RECONNECT_MILLISECONDS_MAX)

const CONNECTION = {
  /** By which CLIENT LIST shows us. */
  connectionName: 'campus-id',
  commandTimeout: COMMAND_MILLISECONDS,
  socketTimeout: SILENCE_MILLISECONDS,
  connectTimeout: CONNECT_MILLISECONDS,
  disconnectTimeout: GOODBYE_MILLISECONDS,
  maxLoadingRetryTime: LOADING_MILLISECONDS_MAX,
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
export const SINGLE = {
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

export function createClient(config: RedisConfig): Redis | Cluster {
  switch (config.kind) {
    case 'standalone':
      return new Redis(config.url, SINGLE)
    case 'sentinel':
      return new Redis({
        ...SINGLE,
        ...accessFrom(config.url),
        sentinels: copies(config.sentinels),
        name: config.name,
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
export function whereIs(config: RedisConfig): string {
  if (config.kind === 'standalone') return `Redis at ${new URL(config.url).host}`
  const nodes = config.kind === 'sentinel' ? config.sentinels : config.nodes
  return `the Redis ${config.kind} at ${nodes.map(({ host, port }) => `${host}:${port}`).join(', ')}`
}
