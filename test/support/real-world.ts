/** The provider on real stores, with one person: for what only they decide. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Database } from '../../adapters/postgres/database.ts'
import { openEmbedded } from '../../adapters/postgres/embedded.ts'
import { createPostgresExpiring } from '../../adapters/postgres/expiring.ts'
import { migrate } from '../../adapters/postgres/migrate.ts'
import { openPool } from '../../adapters/postgres/pool.ts'
import { storesOn } from '../../adapters/postgres/stores.ts'
import { openRedis } from '../../adapters/redis/connect.ts'
import { createRedisExpiring } from '../../adapters/redis/expiring.ts'
import type { ClientRecord } from '../../src/clients/clients.ts'
import type { ExpiringStore } from '../../src/expiring/expiring.ts'
import { freshDatabase, freshRedis } from './fresh-stores.ts'
import { openProviderWorld, type ProviderWorld, samplePerson } from './provider-world.ts'

const log = pino({ level: 'silent' })
const MIGRATIONS = 'migrations'

export interface RealStores {
  database: Database
  expiring: ExpiringStore
  close(): Promise<void>
}

export async function postgresAndRedis(): Promise<RealStores> {
  const [postgres, server] = await Promise.all([freshDatabase({ migrated: true }), freshRedis()])
  const database = openPool({ url: postgres.url, log })
  const redis = await openRedis({ kind: 'standalone', url: server.url, waitReplicas: 0 }, log)
  const close = async () => {
    await redis.close()
    await database.close()
    await Promise.all([postgres.drop(), server.close()])
  }
  return { database, expiring: createRedisExpiring(redis), close }
}

export async function embeddedAlone(): Promise<RealStores> {
  const folder = await mkdtemp(join(tmpdir(), 'campus-protocol-'))
  const database = await openEmbedded({ folder })
  await migrate(database, { folder: MIGRATIONS, log })
  const close = async () => {
    await database.close()
    await rm(folder, { recursive: true })
  }
  return { database, expiring: createPostgresExpiring(database), close }
}

export interface RealWorld {
  world: ProviderWorld
  /** Whoever signs in: the answers of the sign-in page. */
  sign: { person: string }
  close(): Promise<void>
}

/** On PostgreSQL and Redis. */
export async function openRealWorld(
  clients: readonly ClientRecord[],
  inside: Parameters<typeof openProviderWorld>[0] = {},
): Promise<RealWorld> {
  const stores = await postgresAndRedis()
  const needs = { ...storesOn(stores.database), expiring: stores.expiring }
  const id = randomUUID()
  const person = samplePerson(id, '202407010101')
  const identities = person.identities.map((identity) => ({ ...identity, id: randomUUID() }))
  await needs.people.create({ ...person, identities, aliases: [] })
  for (const client of clients) await needs.clients.put(client)
  const world = await openProviderWorld({ ...inside, needs: { ...needs, ...inside.needs }, keys: needs.keys })
  const close = async () => {
    await world.close()
    await stores.close()
  }
  return { world, sign: { person: id }, close }
}
