/** Puts the house together and opens its doors. Only here and in src/command-line.ts do rooms and adapters meet. */
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { openControlSocket, type RunCommand } from '../adapters/data-folder/control-socket.ts'
import { keptSecret } from '../adapters/data-folder/kept-secret.ts'
import { lockDataFolder } from '../adapters/data-folder/lock.ts'
import { ensurePrivateFolder } from '../adapters/data-folder/private-folder.ts'
import { startRelyingParties } from '../adapters/demo/relying-parties.ts'
import { hashingThreads, openHashing } from '../adapters/hashing/hashing.ts'
import { createOutboundFetch } from '../adapters/outbound/fetch.ts'
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
import { createInteractions, providerPages } from '../interactions/interactions.ts'
import { createApp } from './app.ts'
import { createAuditTrail } from './audit/audit.ts'
import type { Campus, Clock, Randomness } from './campus.ts'
import { applyClientsAtStart, createSecretReader, describeProblem, readClientsFile } from './clients/clients.ts'
import { type Config, ConfigError, type Environment } from './config.ts'
import { checkRedisPolicy } from './config-rules.ts'
import { type DemoAddresses, demoAddresses, demoClientsFile, demoSummary, seedDemo } from './demo/demo.ts'
import { addressOf, expectFree, listen, listenAddresses } from './http/listen.ts'
import { createReadiness } from './http/readiness.ts'
import { createHttpServer, stopGracefully } from './http/server.ts'
import { createOidc } from './oidc/oidc.ts'
import { loadAssets } from './pages/assets.ts'
import type { Terminal } from './terminal/terminal.ts'

/** The top of the checkout, or of `dist`, which mirrors it. */
export const ROOT = resolve(import.meta.dirname, '..')
export const MIGRATIONS = join(ROOT, 'migrations')

const DEMO_CLIENTS = join(ROOT, 'examples/clients.json')
const DEMO_PROGRAM = join(ROOT, 'examples/demo-relying-parties/demo-relying-parties.js')
const CLIENT_SECRET_BYTES = 32
const STOP_WITHIN_SECONDS = 10

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

export interface Doors {
  /** The addresses that are listened on. */
  listening: string[]
  /** Lets requests in flight finish, then closes everything that was opened. */
  close(): Promise<void>
}

/** Opens the doors of a campus that stands: the server as relying parties and people meet it. */
export async function openDoors({ campus, pings }: Pick<OpenCampus, 'campus' | 'pings'>): Promise<Doors> {
  const { config, clock } = campus
  const outbound = createOutboundFetch({ allowedNetworks: config.outboundNetworks })
  const oidc = await createOidc({ ...campus, outboundFetch: outbound.fetch }, { pages: providerPages })
  const readiness = createReadiness({ pings, clock })
  const rooms = createInteractions({ ...campus, oidc })
  const app = createApp(campus, { oidc, rooms, readiness, assets: loadAssets() })
  const listener = app.callback()
  const servers = (await listenAddresses(config.host)).map((host) => ({
    ...createHttpServer(campus, listener),
    host,
  }))
  await listen(servers, config.port)
  readiness.becomeReady()
  return {
    listening: servers.map(({ host }) => addressOf(host, config.port)),
    async close() {
      readiness.beginStopping()
      await stopGracefully(servers, { withinSeconds: STOP_WITHIN_SECONDS })
      await outbound.close()
    },
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

export interface Serving {
  config: Config
  log: Logger
  /** Where the secrets of clients may be named. */
  environment: Environment
  /** From the start of the process, for the summary. */
  uptimeSeconds(): number
  terminal: Terminal
  /** Whether the terminal shows colours. */
  colour: boolean
  /** Runs a command that came over the data folder's socket. */
  runInside(open: OpenCampus): RunCommand
}

/** Runs the server until it is told to stop, then lets requests in flight finish. Everything it opens it closes. */
export async function serve({ config, log, terminal, ...serving }: Serving): Promise<void> {
  const stack = new AsyncDisposableStack()
  await using _ = stack
  const told = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  const embedded = config.database.kind === 'embedded'
  if (embedded) stack.adopt(await lockDataFolder(config.dataDir), (lock) => lock.release())
  await expectFree(await listenAddresses(config.host), [config.port])
  if (config.profile === 'demo' && existsSync(DEMO_PROGRAM))
    await expectFree(['127.0.0.1'], [config.port + 1, config.port + 2])
  const open = stack.adopt(await openCampus(config, log, 'migrate'), ({ close }) => close())
  await applyDeclaredClients(open.campus, serving.environment)
  if (config.profile === 'demo') await seedDemo(open.campus)
  if (embedded) {
    stack.adopt(await openControlSocket(config.dataDir, serving.runInside(open)), (socket) => socket.close())
  }
  const doors = stack.adopt(await openDoors(open), ({ close }) => close())
  if (config.profile === 'demo') {
    const parties = await startRelyingParties({
      program: DEMO_PROGRAM,
      issuer: config.issuer,
      timeZone: config.timeZone,
      log,
      ...demoParties(config),
    })
    if (parties) stack.adopt(parties, ({ stop }) => stop())
    const { issuer, dataDir, port } = config
    const relyingParties = parties && demoAddresses(port)
    terminal.out(
      demoSummary({ issuer, relyingParties, dataDir, colour: serving.colour, seconds: serving.uptimeSeconds() }),
    )
  }
  log.info({ listening: doors.listening, issuer: config.issuer, profile: config.profile }, 'ready')
  await told
  log.info('stopping')
}

/** Creates and changes what the school's file declares, and in the demo also what its relying parties need. */
async function applyDeclaredClients(campus: CampusWithoutOidc, environment: Environment): Promise<void> {
  const { config } = campus
  const school = await readClientsText(config.clientsFile)
  const schools = await declaredIn({ text: school, folder: dirname(config.clientsFile), environment })
  await applyClientsAtStart({ ...campus, actor: 'system' }, schools)
  if (config.profile !== 'demo') return
  const text = demoClientsFile(await readClientsText(DEMO_CLIENTS), demoAddresses(config.port))
  const folder = dirname(demoParties(config).portal.secretFile)
  const declared = await declaredIn({ text, folder, environment })
  await applyClientsAtStart({ ...campus, actor: 'system', declaredBy: 'built-in' }, declared)
}

async function readClientsText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new ConfigError([
      { variable: 'CLIENTS_FILE', expected: `the path of a clients file (${path} cannot be read)` },
    ])
  })
}

async function declaredIn({ text, ...sources }: { text: string; folder: string; environment: Environment }) {
  const reading = await readClientsFile(text, createSecretReader(sources))
  if (reading.ok) return reading.clients
  throw new ConfigError(reading.problems.map((it) => ({ variable: 'CLIENTS_FILE', expected: describeProblem(it) })))
}

function demoParties({ port, dataDir }: Config) {
  const addresses = demoAddresses(port)
  const party = (name: keyof DemoAddresses) => {
    const secretFile = join(dataDir, 'secrets', `demo-${name}.secret`)
    keptSecret(secretFile, () => systemRandomness.token(CLIENT_SECRET_BYTES))
    return { url: addresses[name], secretFile }
  }
  return { portal: party('portal'), club: party('club') }
}
