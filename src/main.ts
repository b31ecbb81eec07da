/** Puts the house together and opens its doors, on what open-campus.ts has opened. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import { openControlSocket, type RunCommand } from '../adapters/data-folder/control-socket.ts'
import { keptSecret } from '../adapters/data-folder/kept-secret.ts'
import { lockDataFolder } from '../adapters/data-folder/lock.ts'
import { startRelyingParties } from '../adapters/demo/relying-parties.ts'
import { createOutboundFetch } from '../adapters/outbound/fetch.ts'
import type { Seat } from '../adapters/processes/seat.ts'
import { createInteractions, providerPages, signInProofs } from '../interactions/interactions.ts'
import { createApp } from './app.ts'
import {
  applyClientsAtStart,
  createSecretReader,
  describeProblem,
  ownClient,
  readClientsFile,
  rememberClients,
} from './clients/clients.ts'
import { type Config, ConfigError, type Environment } from './config.ts'
import { type DemoAddresses, demoAddresses, demoClientsFile, demoSummary, seedDemo } from './demo/demo.ts'
import { addressOf, expectFree, listen, listenAddresses } from './http/listen.ts'
import { documentsFirst } from './http/public-documents.ts'
import { createReadiness } from './http/readiness.ts'
import { createHttpServer } from './http/server.ts'
import { KEY_SET_MAX_AGE_SECONDS, openKeyrings } from './keys/keys.ts'
import { startLeaderWork } from './leases/leases.ts'
import { type LogoutDesk, startLogoutDeliveries } from './logout-deliveries/logout-deliveries.ts'
import { createOidc } from './oidc/oidc.ts'
import { type CampusWithoutOidc, type OpenCampus, openCampus, ROOT } from './open-campus.ts'
import { openObservation } from './open-observation.ts'
import { loadAssets } from './pages/assets.ts'
import { profileMistake } from './registration/registration.ts'
import { METRICS_QUESTION } from './server-metrics.ts'
import { ORDER_WITHIN_SECONDS, type Order } from './supervisor/supervisor.ts'
import { systemRandomness, systemTimer } from './system.ts'
import type { Terminal } from './terminal/terminal.ts'

const DEMO_CLIENTS = join(ROOT, 'examples/clients.json')
const DEMO_PROGRAM = join(ROOT, 'examples/demo-relying-parties/demo-relying-parties.js')
const CLIENT_SECRET_BYTES = 32

export interface Doors {
  /** The addresses that are listened on. */
  listening: string[]
  /** Lent to the work of telling relying parties, until the doors close. */
  logoutDesk: LogoutDesk
  /** Lets requests in flight finish, then closes everything that was opened. */
  close(order: Order, hurried: Promise<void>): Promise<void>
}

/** Opens the doors of a campus that stands: the server as relying parties and people meet it. */
export async function openDoors({ campus, pings }: Pick<OpenCampus, 'campus' | 'pings'>): Promise<Doors> {
  const { config, clock } = campus
  const keyrings = await openKeyrings(campus)
  const outbound = createOutboundFetch({ allowedNetworks: config.outboundNetworks })
  const known = rememberClients(campus)
  const { fetch: outboundFetch } = outbound
  const oidc = await createOidc(
    { ...campus, ...known, registeredClients: campus.clients, keyrings, outboundFetch },
    { pages: providerPages, methods: signInProofs },
  )
  const readiness = createReadiness({ pings, clock })
  const rooms = createInteractions({ ...campus, keyrings, oidc })
  const app = createApp({ ...campus, keyrings }, { oidc, rooms, readiness, assets: loadAssets() })
  const { documents } = oidc
  const parts = { documents, readiness, maxAgeSeconds: KEY_SET_MAX_AGE_SECONDS }
  const listener = documentsFirst(campus, parts, app.callback())
  const servers = (await listenAddresses(config.host)).map((host) => ({
    ...createHttpServer(campus, listener),
    host,
  }))
  // Nobody can ask before, and who asks first is to hear it.
  readiness.becomeReady()
  await listen(servers, config.port)
  return {
    listening: servers.map(({ host }) => addressOf(host, config.port)),
    logoutDesk: oidc.logoutDesk,
    async close(order, hurried) {
      if (order === 'leave') {
        readiness.beginLeaving()
        const withinSeconds = ORDER_WITHIN_SECONDS.leave
        await Promise.all(servers.map((server) => server.leave({ withinSeconds, hurried })))
      }
      readiness.beginStopping()
      await Promise.all(servers.map((server) => server.stop(ORDER_WITHIN_SECONDS.stop)))
      oidc.close()
      known.close()
      keyrings.close()
      await outbound.close()
    },
  }
}

export interface Serving {
  config: Config
  log: Logger
  seat: Seat
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
export async function serve({ config, log, seat, terminal, ...serving }: Serving): Promise<void> {
  const stack = new AsyncDisposableStack()
  await using _ = stack
  const observation = stack.adopt(await openObservation(config, log), ({ close }) => close())
  const embedded = config.database.kind === 'embedded'
  if (embedded) stack.adopt(await lockDataFolder(config.dataDir), (lock) => lock.release())
  if (!seat.isSupervised) await expectFree(await listenAddresses(config.host), [config.port])
  if (config.profile === 'demo' && existsSync(DEMO_PROGRAM))
    await expectFree(['127.0.0.1'], [config.port + 1, config.port + 2])
  if (seat.isSupervised) seat.answer(METRICS_QUESTION, observation.report)
  else if (config.metrics) stack.adopt(await observation.openDoor(config.metrics), ({ close }) => close())
  const open = stack.adopt(await openCampus(config, log, 'migrate', observation), ({ close }) => close())
  for (const work of open.upkeep) {
    stack.adopt(startLeaderWork({ ...open.campus, timer: systemTimer }, work), ({ stop }) => stop())
  }
  const mistake = await profileMistake(open.campus)
  if (mistake !== null) throw new ConfigError([{ variable: 'PROFILE', expected: mistake }])
  await applyDeclaredClients(open.campus, serving.environment)
  if (config.profile === 'demo') await seedDemo(open.campus)
  if (embedded) {
    stack.adopt(await openControlSocket(config.dataDir, serving.runInside(open)), (socket) => socket.close())
  }
  let order: Order = 'stop'
  const doors = stack.adopt(await openDoors(open), async ({ close }) => {
    await close(order, seat.hurried)
    await seat.closed()
  })
  stack.adopt(startLogoutDeliveries({ ...open.campus, timer: systemTimer }, doors.logoutDesk), ({ stop }) => stop())
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
  seat.ready()
  order = await seat.told
  log.info(order === 'leave' ? 'leaving' : 'stopping')
}

/** Creates and changes what the school's file declares, and in the demo also what its relying parties need. */
async function applyDeclaredClients(campus: CampusWithoutOidc, environment: Environment): Promise<void> {
  const { config } = campus
  const school = await readClientsText(config.clientsFile)
  const schools = await declaredIn({ text: school, folder: dirname(config.clientsFile), environment })
  await applyClientsAtStart({ ...campus, actor: 'system' }, schools)
  const builtIn = { ...campus, actor: 'system', declaredBy: 'built-in' } as const
  const own = { clients: [ownClient(config.issuer)], resourceServers: [] }
  if (config.profile !== 'demo') return await applyClientsAtStart(builtIn, own)
  const text = demoClientsFile(await readClientsText(DEMO_CLIENTS), demoAddresses(config.port))
  const folder = dirname(demoParties(config).portal.secretFile)
  const declared = await declaredIn({ text, folder, environment })
  await applyClientsAtStart(builtIn, { ...declared, clients: [...own.clients, ...declared.clients] })
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
  if (reading.ok) return reading
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
