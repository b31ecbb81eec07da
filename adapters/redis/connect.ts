/**
 * The connection to Redis: standalone, by Sentinel, or to a cluster. Two promises: nothing hangs (a command is
 * answered, or rejected within its time limit, or at once when there is no connection), and nothing is sent twice (a
 * command whose reply is lost may have taken effect: only its caller knows whether it may be repeated).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import type { RedisConfig } from '../../src/config.ts'
import { createClient, whereIs } from './client.ts'
import { type Send, sendDurably, sendPlainly } from './decisions.ts'
import { judge, unavailable } from './failures.ts'
import { followSwitches } from './switches.ts'
import { type Log, standOrFallTogether, watchState, whenLost } from './watch.ts'

export interface RedisConnection {
  redis: Redis | Cluster
  /** Sends what decides something: it is answered when as many replicas have it as the configuration asks for. */
  decide: Send
  /** Rejects when Redis cannot be reached; of a cluster, also when some slots are served by nobody. */
  ping(): Promise<void>
  /** Names of keys of which every part of the store that can be set back by itself holds one. */
  markNames: readonly string[]
  /** Calls when a connection is lost: behind the next one may be another server, or the same with other data. */
  onLost(listener: () => void): void
  /** Connected to the primary now; of a cluster, to the primary that has the fewest. */
  replicas(): Promise<number>
  /** Such as `noeviction`; of a cluster, one that evicts if any node has it. */
  evictionPolicy(): Promise<string>
  /** Such as `7.2.4`. */
  version(): Promise<string>
  close(): Promise<void>
}

/** In sixteen equal parts of a cluster's slots one each, so also in each of up to eight primaries with equal shares. */
const SPREAD = [21, 1, 43, 61, 20, 0, 42, 60, 23, 3, 41, 63, 22, 2, 40, 62]

const READY_SECONDS = 5
const READY_PAUSE_MILLISECONDS = 20

export interface Opening {
  readySeconds?: number
  /** Told of each decision that fewer replicas confirmed than the configuration asks for. */
  unconfirmed?(): void
}

/** Resolves when commands are answered; rejects when that takes too long. Later interruptions are ridden out. */
export async function openRedis(
  config: RedisConfig,
  log: Log,
  { readySeconds = READY_SECONDS, unconfirmed = () => undefined }: Opening = {},
): Promise<RedisConnection> {
  const redis = createClient(config)
  // WAIT holds up whatever comes behind it on its connection: what decides has one of its own.
  const deciding = config.waitReplicas > 0 ? createClient(config) : redis
  const both = [...new Set([redis, deciding])]
  const watches = both.map((each) => watchState(each, log, each === redis ? 'Redis' : 'Redis for what decides'))
  const unfollow = config.kind === 'sentinel' ? followSwitches(config, both.filter(isSingle)) : () => undefined
  const end = () => {
    unfollow()
    for (const watch of watches) watch.stop()
    // Also after a proper goodbye: it ends what watches the Sentinels, and attempts to connect again.
    for (const each of both) each.disconnect()
  }
  if (deciding !== redis) standOrFallTogether(redis, deciding)
  try {
    await whenReady(both, readySeconds)
  } catch {
    end()
    const message = `no answer from ${whereIs(config)} in ${readySeconds} s`
    throw unavailable(new Error(message, { cause: watches[0]?.lastError() }))
  }
  return {
    redis,
    decide: config.waitReplicas > 0 ? sendDurably(deciding, config.waitReplicas, unconfirmed) : sendPlainly(redis),
    markNames: config.kind === 'cluster' ? SPREAD.map((number) => `continuity:${number}`) : ['continuity'],
    onLost(listener) {
      for (const each of both) whenLost(each, listener)
    },
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
      for (const watch of watches) watch.stop()
      await Promise.all(both.map((each) => each.quit().catch(() => undefined)))
      end()
    },
  }
}

const isSingle = (redis: Redis | Cluster): redis is Redis => redis instanceof Redis

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
