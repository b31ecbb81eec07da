/** Built servers with both relying parties, as `npm start` and as an operator would run them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DEMO_PASSWORD, DEMO_PEOPLE } from '../../src/demo/demo-people.ts'
import { newPerson } from '../races/world.ts'
import { type CampusServer, newInstallation, startCampusServer } from '../support/campus-server.ts'
import { freePort, isFree } from '../support/free-port.ts'
import { freshDatabase, freshRedis } from '../support/fresh-stores.ts'
import { declareRelyingParties, startRelyingParties } from '../support/relying-parties.ts'
import { startTlsProxy } from '../support/tls-proxy.ts'
import { until } from '../support/until.ts'

/** The school's own, as `npm start` finds it. */
const CLIENTS_FILE = resolve(import.meta.dirname, '../../clients.json')

export type Stores = 'the embedded store' | 'PostgreSQL and Redis'

export interface Account {
  login: string
  password: string
  name: string
}

export interface World {
  issuer: string
  portal: string
  club: string
  account: Account
  /** Ends the server as an operator does, and starts it again on the same data and addresses. */
  restartServer(): Promise<void>
  close(): Promise<void>
}

/** What `npm start` brings up: the server seeds its people and runs the relying parties beside itself. */
export async function openDemo(stores: Stores): Promise<World> {
  const closings: Closing[] = []
  const port = await threePortsInARow()
  const folder = mkdtempSync(join(tmpdir(), 'campus-id-demo-'))
  closings.push(async () => rmSync(folder, { recursive: true, force: true }))
  const variables = { PROFILE: 'demo', DATA_DIR: join(folder, 'data'), CLIENTS_FILE }
  const environment = { ...variables, ...(await variablesOf(stores, closings)) }
  const installation = { issuer: `http://localhost:${port}`, port, folder, environment, remove: () => undefined }
  const [portal, club] = [`http://127.0.0.1:${port + 1}`, `http://127.0.0.1:${port + 2}`]

  const start = async () => {
    const started = await startCampusServer(installation)
    await until('the relying parties answer', async () => (await answers(portal)) && (await answers(club)))
    return started
  }
  return worldOf({ issuer: installation.issuer, portal, club, account: demoAccount('林晓雨') }, start, closings)
}

/** An installation by the rules of production (`PROFILE=test`), its relying parties on their own; over TLS if asked. */
export async function openInstallation({ tls }: { tls: boolean }): Promise<World> {
  const closings: Closing[] = []
  const folder = mkdtempSync(join(tmpdir(), 'campus-id-parties-'))
  closings.push(async () => rmSync(folder, { recursive: true, force: true }))
  const where = { portal: `http://127.0.0.1:${await freePort()}`, club: `http://127.0.0.1:${await freePort()}` }
  const database = await freshDatabase()
  closings.push(() => database.drop())
  const redis = await freshRedis()
  closings.push(() => redis.close())
  const publicPort = await freePort()
  const issuer = tls ? `https://localhost:${publicPort}` : null
  const installation = await newInstallation(
    { databaseUrl: database.url, redisUrl: redis.url },
    declareRelyingParties(where, folder),
    {
      OUTBOUND_NETWORKS: '127.0.0.0/8',
      ...(issuer !== null && { ISSUER: issuer, TRUSTED_PROXIES: '127.0.0.1/32,::1/128' }),
    },
  )
  closings.push(async () => installation.remove())

  const trust: Record<string, string> = {}
  if (tls) {
    const proxy = await startTlsProxy({ port: publicPort, to: installation.port, folder })
    closings.push(() => proxy.close())
    trust['NODE_EXTRA_CA_CERTS'] = proxy.certificateFile
  }
  const account = { login: '202407010101', password: 'three green pagodas', name: '吴岚' }
  const facts = { issuer: issuer ?? installation.issuer, ...where, account }
  const world = await worldOf(facts, () => startCampusServer(installation), closings)
  await newPerson(installation, account)
  const parties = await startRelyingParties(where, { issuer: facts.issuer, folder, more: trust })
  closings.push(() => parties.close())
  return world
}

type Closing = () => Promise<void>

async function worldOf(
  facts: Omit<World, 'restartServer' | 'close'>,
  start: () => Promise<CampusServer>,
  closings: Closing[],
): Promise<World> {
  let server = await start()
  closings.push(() => server.stop())
  return {
    ...facts,
    async restartServer() {
      await server.stop()
      server = await start()
    },
    async close() {
      for (const closing of closings.splice(0).reverse()) await closing()
    },
  }
}

async function variablesOf(stores: Stores, closings: Closing[]): Promise<Record<string, string>> {
  if (stores === 'the embedded store') return {}
  const database = await freshDatabase()
  closings.push(() => database.drop())
  const redis = await freshRedis()
  closings.push(() => redis.close())
  return { DATABASE_URL: database.url, REDIS_URL: redis.url }
}

/** Somebody whom the demo has invented. */
export function demoAccount(name: string): Account {
  const login = DEMO_PEOPLE.find((person) => person.name === name)?.identities[0]?.number
  if (login === undefined) throw new Error(`there is no ${name} in the demo`)
  return { login, password: DEMO_PASSWORD, name }
}

const answers = (url: string) =>
  fetch(url)
    .then(({ ok }) => ok)
    .catch(() => false)

const TRIES_MAX = 100

/** The demo puts its relying parties on the two ports after its own. */
async function threePortsInARow(): Promise<number> {
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const port = await freePort()
    if ((await isFree(port + 1)) && (await isFree(port + 2))) return port
  }
  throw new Error('no three free ports in a row')
}
