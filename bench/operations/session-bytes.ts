/** What Redis keeps of somebody who has signed in: the session, its grant, an access token and a refresh token. */
import { Redis } from 'ioredis'
import { startCampus } from '../machines/campus.ts'
import type { Operation } from './bench-tools.ts'
import type { Finding } from './finding.ts'

const BYTES_MAX = 700
/** What is over sooner belongs to the sign-in and not to the session: interactions, codes that were redeemed. */
const LASTING_SECONDS = 30 * 60
const SLOTS = 16

export const sessionBytes: Operation = {
  operation: 'session-bytes',
  title: 'Redis bytes a session, 1 client with access and refresh token',
  async measure({ cores, effort, generator, progress, world }): Promise<Finding> {
    const { operation, title } = sessionBytes
    const { campus, stores } = await world.another({ people: effort.sessions })
    const server = await startCampus(campus, { name: 'session-bytes', cores: cores.server, withHash: false })
    const redis = new Redis(stores.redisUrl)
    try {
      progress('signing in')
      const tally = await generator.load({
        target: server.target,
        scenario: 'sign-in-for-long',
        kind: 'closed',
        slots: SLOTS,
        seconds: 120,
        times: effort.sessions,
      })
      progress('weighing')
      const lasting = await bytesOf(redis, await lastingKeys(redis))
      const bytes = lasting / tally.done
      return {
        operation,
        title,
        measured: `${bytes.toFixed(0)} B`,
        must: `≤ ${BYTES_MAX} B`,
        verdict: bytes <= BYTES_MAX ? 'met' : 'missed',
        faults: [],
      }
    } finally {
      redis.disconnect()
      await server.stop()
    }
  },
}

export async function lastingKeys(redis: Redis): Promise<string[]> {
  const keys: string[] = []
  for await (const page of redis.scanStream({ count: 1_000 })) {
    const names: string[] = page
    const lives = await Promise.all(names.map((name) => redis.ttl(name)))
    keys.push(...names.filter((_, at) => (lives[at] ?? 0) > LASTING_SECONDS))
  }
  return keys
}

/** With the key itself and its place in the table; every field is counted, not a sample. */
async function bytesOf(redis: Redis, keys: readonly string[]): Promise<number> {
  const sizes = await Promise.all(keys.map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)))
  return sizes.reduce((sum: number, size) => sum + (size ?? 0), 0)
}
