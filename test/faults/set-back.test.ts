/** Redis is wiped, or yesterday's file is put in the place of its own: nothing that was over comes back. */

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { freshDatabase } from '../support/fresh-stores.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { letRun, ROUNDS, runRounds, SEED } from './fault-rounds.ts'
import { type FaultWorld, openFaultWorld } from './fault-world.ts'
import { type Held, holdBack } from './held-back.ts'

const MINUTE = 60_000
/** Errors last while Redis is away, and no longer than this after it answers again. */
const BACK_MILLISECONDS = 2_000

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis({ appendonly: 'yes', appendfsync: 'everysec' })
}, MINUTE)
afterAll(() => redis?.stop())

type Break = (world: FaultWorld, held: Held) => Promise<{ what: string; at: number }>

async function run(name: string, breakOnce: Break) {
  const database = await freshDatabase()
  const world = await openFaultWorld(name, { databaseUrl: database.url, redisUrl: redis.url })
  try {
    const verdict = await runRounds({
      name,
      world,
      calmSeconds: [4, 6],
      breakOnce: async (random) => {
        const held = await holdBack(world, random)
        const { what, at } = await breakOnce(world, held)
        const returnedAt = world.recorder.now()
        await letRun(1_500)
        await held.again()
        return { what, at, returnedAt, bound: { from: 'return', milliseconds: BACK_MILLISECONDS } }
      },
    })
    expect({ seed: SEED, violations: verdict.violations }).toEqual({ seed: SEED, violations: [] })
    expect(verdict.operations.ok).toBeGreaterThan(ROUNDS * 100)
  } finally {
    await world.close()
    await database.drop()
  }
}

test(
  `FLUSHALL ${ROUNDS} times`,
  () =>
    run('wiped', async ({ recorder }, held) => {
      await held.use()
      const at = recorder.now()
      const direct = new Redis(redis.port, '127.0.0.1')
      await direct.flushall()
      direct.disconnect()
      return { what: 'Redis was wiped', at }
    }),
  (2 + ROUNDS) * MINUTE,
)

test(
  `an older append-only file is put back ${ROUNDS} times`,
  () =>
    run('set-back', async ({ recorder }, held) => {
      // The file is written once a second.
      await letRun(1_500)
      const copy = redis.copyOfFile()
      await held.use()
      await letRun(3_000)
      const at = recorder.now()
      await redis.rollBackTo(copy)
      return { what: 'an older file was put back', at }
    }),
  (2 + ROUNDS) * MINUTE,
)
