/** What becomes of a connection after it was opened. */
import { setTimeout as pause } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import type { Logger } from 'pino'

export type Log = Pick<Logger, 'info' | 'warn'>

const REVIVE_MILLISECONDS = 50

/** One that is lost tells of the other: what has not been used since the server hung would find out by hanging. */
export function standOrFallTogether(redis: Redis | Cluster, deciding: Redis | Cluster): void {
  const pairs = [
    [redis, deciding],
    [deciding, redis],
  ] as const
  for (const [one, other] of pairs) {
    one.on('error', () => undefined)
    if (other instanceof Redis) one.on('close', () => other.status === 'ready' && other.disconnect(true))
  }
}

/**
 * Calls where a connection that was in use is lost. A cluster is as many servers as it has nodes: each may come back
 * with other data while the others stand, and one that is newly in charge is asked over a new connection.
 */
export function whenLost(redis: Redis | Cluster, listener: () => void): void {
  redis.on('close', listener)
  if (!(redis instanceof Cluster)) return
  for (const node of redis.nodes()) node.once('close', listener)
  redis.on('+node', (node: Redis) => {
    // One that is away is tried again and again, and tells nothing by that.
    node.once('ready', () => {
      listener()
      node.once('close', listener)
    })
  })
}

/**
 * ioredis gives up for good where the Sentinels announce another primary while it connects to the one before: then
 * nobody would ever be served again by this process.
 */
async function reviveWhile(redis: Redis | Cluster, isWanted: () => boolean): Promise<void> {
  await pause(REVIVE_MILLISECONDS)
  if (isWanted() && redis.status === 'end') await redis.connect().catch(() => undefined)
}

/** One line when the connection is lost and one when it is back, however many attempts lie between. */
export function watchState(redis: Redis | Cluster, log: Log, what: string) {
  let lastError: unknown = null
  let connected = false
  let watching = true
  redis.on('error', (error) => {
    lastError = error
  })
  redis.on('ready', () => {
    connected = true
    log.info(`connected to ${what}`)
  })
  redis.on('end', () => void reviveWhile(redis, () => watching))
  redis.on('close', () => {
    if (connected && watching) log.warn({ err: lastError }, `lost the connection to ${what}`)
    connected = false
  })
  return {
    lastError: () => lastError,
    stop() {
      watching = false
    },
  }
}
