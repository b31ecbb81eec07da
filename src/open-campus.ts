/** Opens the stores, and all that stands on them but the provider: for the server and for the command line alike. */
import { availableParallelism, hostname } from 'node:os'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { ensurePrivateFolder } from '../adapters/data-folder/private-folder.ts'
import { hashingThreads, openHashing } from '../adapters/hashing/hashing.ts'
import { createAuditLog } from '../adapters/postgres/audit.ts'
import { createChangeStore } from '../adapters/postgres/changes.ts'
import type { Database } from '../adapters/postgres/database.ts'
import { openEmbedded } from '../adapters/postgres/embedded.ts'
import { createPostgresExpiring } from '../adapters/postgres/expiring.ts'
import { createLeases } from '../adapters/postgres/leases.ts'
import { createMarkStore } from '../adapters/postgres/marks.ts'
import { expectSchema, migrate } from '../adapters/postgres/migrate.ts'
import { sweepNotBefore } from '../adapters/postgres/not-before.ts'
import { connectionsEach, openPool, type PooledDatabase } from '../adapters/postgres/pool.ts'
import { storesOn } from '../adapters/postgres/stores.ts'
import { sweeping } from '../adapters/postgres/sweeping.ts'
import { openRedis, type RedisConnection } from '../adapters/redis/connect.ts'
import { createRedisExpiring } from '../adapters/redis/expiring.ts'
import { createAuditTrail } from './audit/audit.ts'
import type { Campus } from './campus.ts'
import { watchChanges } from './changes/changes.ts'
import { type Config, ConfigError } from './config.ts'
import { checkRedisPolicy } from './config-rules.ts'
import { createContinuity, type ExpiringStore } from './expiring/expiring.ts'
import { ALL } from './gate/gate.ts'
import { keyRotation } from './keys/keys.ts'
import type { LeaderWork } from './leases/leases.ts'
import { type Metrics, silentMetrics, watchStore } from './metrics/metrics.ts'
import { traceHasher } from './passwords/passwords.ts'
import { systemClock, systemRandomness, systemTimer } from './system.ts'
import { noTracing } from './tracing/tracing.ts'

/** The top of the checkout, or of `dist`, which mirrors it. */
export const ROOT = resolve(import.meta.dirname, '..')
export const MIGRATIONS = join(ROOT, 'migrations')

const HOLDER_BYTES = 9

/** All but the provider and the keys that are put to use there: what a command of the command line needs. */
export type CampusWithoutOidc = Omit<Campus, 'oidc' | 'keyrings'>

export interface OpenCampus {
  campus: CampusWithoutOidc
  /** For what the command line examines and verifies. */
  database: Database
  pings: Record<string, () => Promise<void>>
  /** What one of all servers does for these stores. */
  upkeep: readonly LeaderWork[]
  close(): Promise<void>
}

/** What looks on while the server works. */
type Observation = Pick<Campus, 'metrics' | 'tracing'>

/** A command is over before anybody could ask. */
const UNOBSERVED: Observation = { metrics: silentMetrics, tracing: noTracing }

/** Opens the stores. The server migrates them; a command expects the schema, which older servers may be using. */
export async function openCampus(
  config: Config,
  log: Logger,
  schema: 'migrate' | 'expect',
  observation: Observation = UNOBSERVED,
): Promise<OpenCampus> {
  const openings: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closing of openings.splice(0).reverse()) await closing()
  }
  try {
    const { metrics, tracing } = observation
    const database = await openDatabase(config, log, observation)
    openings.push(() => database.close())
    if (schema === 'migrate') await migrate(database, { folder: MIGRATIONS, log })
    else await expectSchema(database, { folder: MIGRATIONS })
    const [clock, random] = [systemClock, systemRandomness]
    const trail = createAuditTrail({ log: createAuditLog(database), clock, random, logger: log, metrics })
    openings.push(() => trail.close())
    const threads = await openHashing({
      peppers: config.passwordPeppers,
      threads: hashingThreads(availableParallelism(), config.workers),
      random,
      fallback: config.passwordHasher === 'argon2',
      metrics,
    })
    openings.push(() => threads.close())
    const hasher = traceHasher(observation, threads)
    // For whoever reads the table: which machine and process it is.
    const holder = `${hostname()} ${process.pid} ${random.token(HOLDER_BYTES)}`
    const transaction: Campus['transaction'] = (work) =>
      trail.act((bind) =>
        database.transaction((inside) =>
          work({
            ...storesOn(inside),
            audit: bind(createAuditLog(inside)),
            leases: createLeases(inside, { holder }),
          }),
        ),
      )
    const opened = await openExpiring(config, database, log, observation)
    openings.push(() => opened.close())
    const { upkeep } = opened
    const expiring =
      schema === 'migrate' ? await guard(opened, { database, transaction, clock, random, log }) : opened.expiring
    const changes = watchChanges({ store: createChangeStore(database), log, timer: systemTimer })
    openings.push(() => changes.stop())
    const lasting = { ...storesOn(database), audit: trail, leases: createLeases(database, { holder }) }
    const campus = { config, clock, random, log, metrics, tracing, expiring, hasher, changes, transaction, ...lasting }
    const pings = { database: () => database.ping(), ...(config.redis && { redis: () => expiring.ping() }) }
    return { campus, database, pings, upkeep: [...upkeep, keyRotation(campus)], close }
  } catch (error) {
    await close()
    throw error
  }
}

export async function openDatabase(
  config: Config,
  log: Logger,
  observation: Observation = UNOBSERVED,
): Promise<Database> {
  const watch = watchStore(observation, 'postgres')
  if (config.database.kind === 'postgres') {
    const pool = openPool({ url: config.database.url, log, watch, connectionsMax: connectionsEach(config.workers) })
    showConnections(pool, observation.metrics)
    return pool
  }
  const folder = join(config.dataDir, 'database')
  // The data folder itself may be a mount point that others may enter.
  ensurePrivateFolder(folder)
  return openEmbedded({ folder, watch })
}

const tooFewReplicas =
  'REDIS_WAIT_REPLICAS asks for more replicas than are connected: nobody can sign in until they are'

function showConnections({ connections }: PooledDatabase, metrics: Metrics): void {
  metrics.gauge('campus_postgres_connections', () => {
    const { busy, idle } = connections()
    return [
      { labels: { state: 'busy' }, value: busy },
      { labels: { state: 'idle' }, value: idle },
    ]
  })
  metrics.gauge('campus_postgres_waiting', () => connections().waiting)
}

interface OpenExpiring {
  expiring: ExpiringStore
  upkeep: LeaderWork[]
  /** null where what expires lies beside what lasts, and is set back with it or not at all. */
  redis: RedisConnection | null
  close(): Promise<void>
}

async function openExpiring(
  config: Config,
  database: Database,
  log: Logger,
  observation: Observation,
): Promise<OpenExpiring> {
  const notBefore = sweeping('not_before', (limit) => sweepNotBefore(database, limit))
  if (config.redis) {
    const unconfirmed = () => observation.metrics.count('campus_redis_unconfirmed_total', {})
    const redis = await openRedis(config.redis, log, { unconfirmed })
    const mistake = checkRedisPolicy(await redis.evictionPolicy())
    if (mistake && config.profile !== 'demo') {
      await redis.close()
      throw new ConfigError([mistake])
    }
    const [asked, connected] = [config.redis.waitReplicas, await redis.replicas()]
    // A warning: commands need none, and a server that cannot decide anything does not start, and says so itself.
    if (connected < asked) log.warn({ asked, connected }, tooFewReplicas)
    const expiring = createRedisExpiring(redis, { watch: watchStore(observation, 'redis') })
    return { expiring, upkeep: [notBefore], redis, close: () => redis.close() }
  }
  const expiring = createPostgresExpiring(database)
  const upkeep = [notBefore, sweeping('expiring', expiring.sweep)]
  return { expiring, upkeep, redis: null, close: async () => undefined }
}

type GuardNeeds = Pick<Campus, 'transaction' | 'clock' | 'random' | 'log'> & { database: Database }

/** A server trusts Redis once it has seen that it did not forget what it had acknowledged. */
async function guard(opened: OpenExpiring, needs: GuardNeeds): Promise<ExpiringStore> {
  const { redis, close } = opened
  if (redis === null) return opened.expiring
  const { transaction, clock, random, log, database } = needs
  const continuity = createContinuity({
    store: opened.expiring,
    marks: createMarkStore(database),
    names: redis.markNames,
    endEverything: () =>
      transaction(async ({ notBefore, audit }) => {
        await notBefore.set('everything', ALL, { at: clock(), reason: 'store_set_back', expiresAt: null })
        await audit.record({ event: 'sessions.ended', result: 'success', actor: 'system', reason: 'store_set_back' })
      }),
    log,
    random,
    timer: systemTimer,
  })
  redis.onLost(continuity.doubt)
  opened.close = async () => {
    await continuity.stop()
    await close()
  }
  await continuity.prove()
  return continuity.guarded
}
