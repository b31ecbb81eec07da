/** PostgreSQL is killed, or a table is locked, while people sign in: nothing that was acknowledged is lost. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Client } from 'pg'
import type { Fault } from '../support/history.ts'
import type { Server } from '../support/own-server.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { startRedis } from '../support/redis-server.ts'
import { letRun, ROUNDS, runRounds, SEED } from './fault-rounds.ts'
import { type FaultWorld, openFaultWorld } from './fault-world.ts'

const MINUTE = 60_000
const BOUND = { from: 'return', milliseconds: 2_000 } as const
/** Half a minute where there is time for it. */
const LOCKED_SECONDS = Number(process.env['FAULT_LOCK_SECONDS'] ?? 5)

let redis: Server
beforeAll(async () => {
  redis = await startRedis()
}, MINUTE)
afterAll(() => redis?.stop())

type Break = (world: FaultWorld, postgres: Server) => Promise<Pick<Fault, 'what' | 'at'>>

async function run(name: string, breakOnce: Break) {
  const postgres = await startPostgres({ durable: true })
  const world = await openFaultWorld(name, { databaseUrl: postgres.url, redisUrl: redis.url })
  try {
    const verdict = await runRounds({
      name,
      world,
      calmSeconds: [3, 5],
      breakOnce: async () => {
        const { what, at } = await breakOnce(world, postgres)
        return { what, at, returnedAt: world.recorder.now(), bound: BOUND }
      },
    })
    expect({ seed: SEED, violations: verdict.violations }).toEqual({ seed: SEED, violations: [] })
    expect(verdict.operations.ok).toBeGreaterThan(ROUNDS * 100)
  } finally {
    await world.close()
    await postgres.stop()
  }
}

test(
  `PostgreSQL is killed ${ROUNDS} times`,
  () =>
    run('postgres-killed', async ({ recorder }, postgres) => {
      const at = recorder.now()
      await postgres.kill('SIGKILL')
      await letRun(500)
      await postgres.restart()
      return { what: 'PostgreSQL was killed', at }
    }),
  (2 + ROUNDS) * MINUTE,
)

test(
  `a table is locked for ${LOCKED_SECONDS} s, ${ROUNDS} times`,
  () =>
    run('postgres-locked', async ({ recorder }, postgres) => {
      const client = new Client({ connectionString: postgres.url })
      await client.connect()
      const at = recorder.now()
      await client.query('BEGIN')
      await client.query('LOCK TABLE people IN ACCESS EXCLUSIVE MODE')
      await letRun(LOCKED_SECONDS * 1_000)
      await client.query('ROLLBACK')
      await client.end()
      return { what: 'a table was locked', at }
    }),
  (2 + 2 * ROUNDS) * MINUTE,
)
