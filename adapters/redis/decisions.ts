/**
 * How a decision is sent: a code is used, a token revoked, an identifier taken. Redis acknowledges a write before its
 * replicas have it, so a primary that is cut off from them (or dies there and then) has said "yours" about something
 * that the next primary will give away again. WAIT behind the command asks how many replicas have it.
 */
import type { Cluster, Redis } from 'ioredis'

export type Command = readonly [name: string, ...values: (string | number)[]]

export type Send = (command: Command) => Promise<unknown>

/** Well below the time that a command may take: the count must come back, not a time-out. */
const WAIT_MILLISECONDS = 200

export const sendPlainly =
  (redis: Redis | Cluster): Send =>
  ([name, ...values]) =>
    redis.call(name, ...values)

/**
 * One flight on the connection of the key's node. WAIT asks for all that this server had written when the command was
 * carried out, by whomever: so a decision that is asked for again on a new connection (its reply was lost) is waited
 * for too, although it finds itself made and writes nothing. `unconfirmed` is told of each that comes back short.
 */
export function sendDurably(redis: Redis | Cluster, replicas: number, unconfirmed: () => void): Send {
  return async (command) => {
    const flight = [command, ['wait', replicas, WAIT_MILLISECONDS] as const]
    const replies = (await redis.pipeline(flight.map((each) => [...each])).exec()) ?? []
    for (const [error] of replies) if (error) throw error
    const [decided, confirmed] = replies.map(([, reply]) => reply)
    if (typeof confirmed === 'number' && confirmed >= replicas) return decided
    unconfirmed()
    throw new Error(`${Number(confirmed)} of ${replicas} replicas confirmed within ${WAIT_MILLISECONDS} ms`)
  }
}
