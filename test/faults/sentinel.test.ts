/** The primary is killed or hangs while people sign in: another takes over, and nothing is given away twice. */

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { type FreshDatabase, freshDatabase } from '../support/fresh-stores.ts'
import type { Server } from '../support/own-server.ts'
import { startWatchedRedis, type WatchedRedis } from '../support/redis-sentinel.ts'
import { until } from '../support/until.ts'
import { letRun, ROUNDS, runRounds, SEED } from './fault-rounds.ts'
import { type FaultWorld, openFaultWorld } from './fault-world.ts'

const MINUTE = 60_000
/** From the first failed answer to the last, with `down-after-milliseconds 500` (docs/operations/redis.md). */
const BOUND = { from: 'errors', milliseconds: 5_000 } as const

let redis: WatchedRedis

beforeAll(async () => {
  redis = await startWatchedRedis({ replicas: 2, sentinels: 3, downAfterMilliseconds: 500 })
}, MINUTE)
afterAll(async () => {
  await redis?.stop()
})

const openWorld = (name: string, database: FreshDatabase) =>
  openFaultWorld(name, {
    databaseUrl: database.url,
    redisUrl: null,
    environment: {
      REDIS_SENTINELS: redis.sentinelPorts.map((port) => `127.0.0.1:${port}`).join(','),
      REDIS_SENTINEL_NAME: redis.name,
    },
  })

async function otherThan(primary: Server): Promise<Server> {
  let now = primary
  await until(
    'another is the primary',
    async () => {
      now = await redis.primaryNow().catch(() => primary)
      return now !== primary
    },
    { seconds: 20 },
  )
  return now
}

async function run(name: string, breakOnce: (world: FaultWorld) => Promise<{ what: string; at: number }>) {
  const database = await freshDatabase()
  const world = await openWorld(name, database)
  try {
    const verdict = await runRounds({
      name,
      world,
      breakOnce: async () => ({ ...(await breakOnce(world)), returnedAt: null, bound: BOUND }),
      calmSeconds: [3, 5],
    })
    expect({ seed: SEED, violations: verdict.violations }).toEqual({ seed: SEED, violations: [] })
    expect(verdict.operations.ok).toBeGreaterThan(ROUNDS * 100)
  } finally {
    await world.close()
    await database.drop()
  }
}

test(
  `the primary is killed ${ROUNDS} times`,
  () =>
    run('sentinel-killed', async ({ recorder }) => {
      const primary = await redis.primaryNow()
      const at = recorder.now()
      await primary.kill('SIGKILL')
      await otherThan(primary)
      await primary.restart()
      await redis.follow(primary)
      return { what: 'the primary was killed', at }
    }),
  (2 + ROUNDS) * MINUTE,
)

test(
  `the primary hangs ${ROUNDS} times, and serves nobody when it wakes`,
  () =>
    run('sentinel-hung', async ({ recorder }) => {
      const primary = await redis.primaryNow()
      const at = recorder.now()
      await primary.kill('SIGSTOP')
      await otherThan(primary)
      await letRun(2_000)
      await primary.kill('SIGCONT')
      await letRun(1_000)
      expect(await clientsOf(primary)).toBe(0)
      await redis.follow(primary)
      return { what: 'the primary hung', at }
    }),
  (2 + ROUNDS) * MINUTE,
)

/** How many connections of our servers it has. */
async function clientsOf({ port }: Server): Promise<number> {
  const direct = new Redis(port, '127.0.0.1')
  try {
    return String(await direct.call('CLIENT', 'LIST')).match(/ name=campus-id /g)?.length ?? 0
  } finally {
    direct.disconnect()
  }
}
