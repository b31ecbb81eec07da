/**
 * A database and a Redis for each test that asks, empty and nobody else's. Tests that kill, stop or restart a server
 * take a whole one from postgres-server.ts, redis-server.ts or redis-cluster.ts; cutting-proxy.ts cuts connections.
 */
import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { Client, escapeIdentifier } from 'pg'
import { sharedPostgres } from './desk.ts'
import { migratedTemplate } from './migrated-template.ts'
import { startRedis } from './redis-server.ts'
import { until } from './until.ts'

export interface FreshDatabase {
  url: string
  /** Cuts off whoever is still connected. */
  drop(): Promise<void>
}

export interface FreshRedis {
  url: string
  close(): Promise<void>
}

const LEASE_SECONDS = 900
const LEASES_MAX = 15

/**
 * An empty database (`migrated`: one with the whole schema) on the server that the run shares, or on that of
 * TEST_DATABASE_URL.
 */
export async function freshDatabase({ migrated = false }: { migrated?: boolean } = {}): Promise<FreshDatabase> {
  const server = process.env['TEST_DATABASE_URL'] ?? (await sharedPostgres())
  const name = `campus_test_${randomBytes(8).toString('hex')}`
  await withClient(server, async (client) => {
    const urlOf = (database: string) => withDatabase(server, database)
    const template = migrated ? await migratedTemplate(client, urlOf) : 'template0'
    await client.query(`CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${escapeIdentifier(template)}`)
  })
  return {
    url: withDatabase(server, name),
    drop: () =>
      withClient(server, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`)
      }),
  }
}

/** A Redis server of one's own; with TEST_REDIS_URL, one of the databases 1 to 15 there, which is emptied. */
export async function freshRedis(): Promise<FreshRedis> {
  const shared = process.env['TEST_REDIS_URL']
  if (shared) return leaseDatabase(shared)
  const server = await startRedis()
  return { url: server.url, close: server.stop }
}

/** Database 0 of a shared Redis says who has which of the others; a lease that nobody gave back ends by itself. */
async function leaseDatabase(shared: string): Promise<FreshRedis> {
  const redis = new Redis(shared)
  let leased: number | null = null
  await until(
    `one of the ${LEASES_MAX} databases of TEST_REDIS_URL is free`,
    async () => {
      leased = await takeLease(redis)
      return leased !== null
    },
    { seconds: 60 },
  )
  await redis
    .pipeline()
    .select(leased ?? 0)
    .flushdb()
    .select(0)
    .exec()
  return {
    url: withDatabase(shared, String(leased)),
    close: async () => {
      await redis.del(leaseOf(leased ?? 0))
      redis.disconnect()
    },
  }
}

async function takeLease(redis: Redis): Promise<number | null> {
  for (let database = 1; database <= LEASES_MAX; database++) {
    if (await redis.set(leaseOf(database), process.pid, 'EX', LEASE_SECONDS, 'NX')) return database
  }
  return null
}

const leaseOf = (database: number) => `campus-id-test:lease:${database}`

async function withClient(url: string, work: (client: Client) => Promise<void>) {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

function withDatabase(url: string, name: string): string {
  const address = new URL(url)
  address.pathname = `/${name}`
  return address.href
}
