/** Opens the stores, and all that stands on them but the provider: for the server and for the command line alike. */
import { randomBytes, randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { ensurePrivateFolder } from '../adapters/data-folder/private-folder.ts'
import { hashingThreads, openHashing } from '../adapters/hashing/hashing.ts'
import { createAuditLog } from '../adapters/postgres/audit.ts'
import type { Database } from '../adapters/postgres/database.ts'
import { openEmbedded } from '../adapters/postgres/embedded.ts'
import { createPostgresExpiring } from '../adapters/postgres/expiring.ts'
import { expectSchema, migrate } from '../adapters/postgres/migrate.ts'
import { openPool } from '../adapters/postgres/pool.ts'
import { storesOn } from '../adapters/postgres/stores.ts'
import { startSweeping } from '../adapters/postgres/sweeping.ts'
import { openRedis } from '../adapters/redis/connect.ts'
import { createRedisExpiring } from '../adapters/redis/expiring.ts'
import { createAuditTrail } from './audit/audit.ts'
import type { Campus, Clock, Randomness } from './campus.ts'
import { type Config, ConfigError } from './config.ts'
import { checkRedisPolicy } from './config-rules.ts'

/** The top of the checkout, or of `dist`, which mirrors it. */
export const ROOT = resolve(import.meta.dirname, '..')
export const MIGRATIONS = join(ROOT, 'migrations')

export const systemClock: Clock = () => new Date()

export const systemRandomness: Randomness = {
  token: (bytes) => randomBytes(bytes).toString('base64url'),
  uuid: () => randomUUID(),
}

/** All but the provider: what a command of the command line needs. */
export type CampusWithoutOidc = Omit<Campus, 'oidc'>

export interface OpenCampus {
  campus: CampusWithoutOidc
  /** For what the command line examines and verifies. */
  database: Database
  pings: Record<string, () => Promise<void>>
  close(): Promise<void>
}

/** Opens the stores. The server migrates them; a command expects the schema, which older servers may be using. */
export async function openCampus(config: Config, log: Logger, schema: 'migrate' | 'expect'): Promise<OpenCampus> {
  const openings: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closing of openings.splice(0).reverse()) await closing()
  }
  try {
    const database = await openDatabase(config, log)
    openings.push(() => database.close())
    if (schema === 'migrate') await migrate(database, { folder: MIGRATIONS, log })
    else await expectSchema(database, { folder: MIGRATIONS })
    const { expiring, closeExpiring } = await openExpiring(config, database, log)
    openings.push(closeExpiring)
    const [clock, random] = [systemClock, systemRandomness]
    const trail = createAuditTrail({ log: createAuditLog(database), clock, random, logger: log })
    openings.push(() => trail.close())
    const hasher = await openHashing({
      peppers: config.passwordPeppers,
      threads: hashingThreads(availableParallelism(), config.workers),
      random,
      fallback: config.passwordHasher === 'argon2',
    })
    openings.push(() => hasher.close())
    const transaction: Campus['transaction'] = (work) =>
      trail.act((bind) =>
        database.transaction((inside) => work({ ...storesOn(inside), audit: bind(createAuditLog(inside)) })),
      )
    const campus = { config, clock, random, log, expiring, hasher, transaction, audit: trail, ...storesOn(database) }
    const pings = { database: () => database.ping(), ...(config.redis && { redis: () => expiring.ping() }) }
    return { campus, database, pings, close }
  } catch (error) {
    await close()
    throw error
  }
}

export async function openDatabase(config: Config, log: Logger): Promise<Database> {
  if (config.database.kind === 'postgres') return openPool({ url: config.database.url, log })
  const folder = join(config.dataDir, 'database')
  // The data folder itself may be a mount point that others may enter.
  ensurePrivateFolder(folder)
  return openEmbedded({ folder })
}

async function openExpiring(config: Config, database: Database, log: Logger) {
  if (config.redis) {
    const redis = await openRedis(config.redis, log)
    const mistake = checkRedisPolicy(await redis.evictionPolicy())
    if (mistake && config.profile !== 'demo') {
      await redis.close()
      throw new ConfigError([mistake])
    }
    return { expiring: createRedisExpiring(redis), closeExpiring: () => redis.close() }
  }
  const expiring = createPostgresExpiring(database)
  const sweeping = startSweeping(expiring, { log })
  return { expiring, closeExpiring: () => sweeping.stop() }
}
