/**
 * Listens to the Sentinels for the announcement of another primary: one that is merely cut off would not tell us
 * itself. Each Sentinel announces on its own, up to seconds apart, and whoever is with the new primary already stays
 * there; that is why ioredis does not do it for us, which hangs up at every announcement.
 */
import { Redis } from 'ioredis'
import type { HostAndPort } from '../../src/config.ts'
import { SINGLE } from './client.ts'

const CHANNEL = '+switch-master'

export interface Watched {
  sentinels: readonly HostAndPort[]
  /** By which the Sentinels know the group. */
  name: string
}

/** Answers how to end it. */
export function followSwitches({ sentinels, name }: Watched, connections: readonly Redis[]): () => void {
  const listening = sentinels.map(({ host, port }) => {
    const sentinel = new Redis({ ...SINGLE, host, port })
    // It is tried again for as long as we live; the others announce meanwhile.
    sentinel.on('error', () => undefined)
    sentinel.on('ready', () => void sentinel.subscribe(CHANNEL).catch(() => undefined))
    sentinel.on('message', (_channel, message) => {
      const [group, , , newHost = '', newPort = ''] = message.split(' ')
      if (group !== name) return
      for (const redis of connections) if (!isWith(redis, newHost, Number(newPort))) redis.disconnect(true)
    })
    return sentinel
  })
  return () => {
    for (const sentinel of listening) sentinel.disconnect()
  }
}

/** Who has no connection asks the Sentinels anyhow. By name instead of address nobody can be recognised. */
function isWith(redis: Redis, host: string, port: number): boolean {
  const { remoteAddress, remotePort } = redis.stream ?? {}
  if (remotePort === undefined) return true
  return remotePort === port && (remoteAddress === host || remoteAddress === `::ffff:${host}`)
}
