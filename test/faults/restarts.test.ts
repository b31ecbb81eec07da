/**
 * Workers are renewed, killed and stopped under load. `FAULT_RESTARTS` says how often they are renewed: a few times
 * where every change is checked, fifty times by `npm run faults`.
 */
import { writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { declaredClient, newPerson, REDIRECT_URI } from '../races/world.ts'
import { type CampusServer, type Installation, newInstallation, startCampusServer } from '../support/campus-server.ts'
import { freePort } from '../support/free-port.ts'
import { freshDatabase, freshRedis } from '../support/fresh-stores.ts'
import { isRunning } from '../support/process-family.ts'
import { until } from '../support/until.ts'
import { ask, authorizationAddress, closeVisitors } from '../support/visitor.ts'
import { startSteadyLoad } from './steady-load.ts'

const ROUNDS = Number(process.env['FAULT_RESTARTS'] ?? 3)
const MINUTE = 60_000
const ROUND_SECONDS_MAX = 60
const ASKED = 20

let database: Awaited<ReturnType<typeof freshDatabase>>
let redis: Awaited<ReturnType<typeof freshRedis>>
let installation: Installation
let server: CampusServer

beforeAll(async () => {
  database = await freshDatabase()
  redis = await freshRedis()
  const stores = { databaseUrl: database.url, redisUrl: redis.url }
  // So many sign-in pages from one address are a crowd behind a router.
  const crowd = { CAMPUS_NETWORKS: '127.0.0.0/8,::1/128', WORKERS: '2' }
  installation = await newInstallation(stores, [declaredClient('library')], crowd)
  server = await startCampusServer(installation)
  await newPerson(installation)
}, 2 * MINUTE)

afterAll(async () => {
  closeVisitors()
  await server?.stop()
  await redis?.close()
  await database?.drop()
  installation?.remove()
})

const lines = () =>
  server
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Record<string, unknown> => JSON.parse(line))
const said = (message: string) => lines().filter(({ msg }) => msg === message)
/** Warnings and errors that the server wrote last, for whoever has to find out why. */
const complaints = () =>
  lines()
    .filter(({ level }) => level === 'warn' || level === 'error')
    .slice(-5)
/** On a connection that is nobody's afterwards, so that no worker waits for it. */
const arrive = (agent = new Agent()) =>
  ask(installation.issuer, authorizationAddress('library', REDIRECT_URI), { port: installation.port, agent })

/** Asks for new workers and waits until the server says how it went. */
async function roll(outcome: string, failures: readonly string[] = []) {
  const before = said(outcome).length
  process.kill(server.pid, 'SIGHUP')
  const isOver = () => {
    // Whoever was not answered leaves its connection behind, and the worker waits for it: say why.
    expect({ failures, told: failures.length === 0 ? [] : complaints() }).toEqual({ failures: [], told: [] })
    return said(outcome).length > before
  }
  await until(outcome, isOver, { seconds: ROUND_SECONDS_MAX })
}

const RENEWED = 'all workers are renewed'
const KEPT = 'a new worker did not become ready: the others stay as they are'

/** Also what was started in the test before is ready, and not only there. */
const bothReady = async () => {
  await roll(RENEWED)
  await bothWorkers()
}

async function bothWorkers() {
  await until('both workers are there', () => server.workers().length === 2, { seconds: 30 })
  return server.workers()
}

test(
  `${ROUNDS} times all workers are renewed under load: no request fails, and no flow is lost`,
  async () => {
    const load = await startSteadyLoad(installation)
    for (let round = 1; round <= ROUNDS; round++) {
      const before = server.workers()
      const code = await load.code()
      await roll(RENEWED, load.failures)
      await load.redeem(code)
      expect(load.failures).toEqual([])
      expect(server.workers().filter((pid) => before.includes(pid))).toEqual([])
    }
    await load.stop()
    expect(load.failures).toEqual([])
    expect(load.answered()).toBeGreaterThan(ROUNDS * 100)
  },
  ROUNDS * ROUND_SECONDS_MAX * 1000 + MINUTE,
)

test(
  'a worker that is killed is replaced, and the others serve meanwhile',
  async () => {
    const [victim = 0, other] = await bothWorkers()
    process.kill(victim, 'SIGKILL')
    await until('its end is noticed', () => said('a worker ended by itself').length === 1)
    expect(said('a worker ended by itself')[0]).toMatchObject({ endedPid: victim, signal: 'SIGKILL' })
    const answers = await Promise.all(Array.from({ length: ASKED }, () => arrive()))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: ASKED }, () => 303))
    const now = await bothWorkers()
    expect(now).toContain(other)
    expect(now).not.toContain(victim)
  },
  MINUTE,
)

test(
  'a worker that dies again and again is replaced after ever longer',
  async () => {
    const before = said('a worker ended by itself').length
    for (let death = 1; death <= 3; death++) {
      const workers = await bothWorkers()
      process.kill(Math.max(...workers), 'SIGKILL')
      await until('its end is noticed', () => said('a worker ended by itself').length === before + death)
    }
    // The first of these died soon after one had been killed above, or in another place: jitter takes up to a half.
    const delays = said('a worker ended by itself').slice(before)
    const last = Number(delays.at(-1)?.['restartInSeconds'])
    expect(last).toBeGreaterThanOrEqual(0.5)
    expect(last).toBeLessThanOrEqual(30)
    expect((await arrive()).status).toBe(303)
    await bothWorkers()
  },
  2 * MINUTE,
)

test(
  'where new workers cannot start, the old ones stay and serve, and the next try succeeds',
  async () => {
    const path = join(installation.folder, 'clients.json')
    await bothReady()
    const workers = server.workers()
    writeFileSync(path, '{ "clients": [ oops')
    await roll(KEPT)
    expect(server.workers()).toEqual(workers)
    expect((await arrive()).status).toBe(303)
    expect(server.log()).toMatch(/CLIENTS_FILE: .*\n/)
    writeFileSync(path, JSON.stringify({ clients: [declaredClient('library')] }))
    await roll(RENEWED)
    expect((await arrive()).status).toBe(303)
  },
  2 * MINUTE,
)

test(
  'told to stop under load, it answers what is in flight, and nothing stays behind',
  async () => {
    // Connected, so that what is sent is with the server.
    const agent = new Agent({ keepAlive: true })
    await Promise.all(Array.from({ length: ASKED }, () => arrive(agent)))
    const workers = await bothWorkers()
    const waiting = Array.from({ length: ASKED }, () => arrive(agent))
    await server.stop()
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array.from({ length: ASKED }, () => 303))
    expect(workers.filter(isRunning)).toEqual([])
    server = await startCampusServer(installation)
  },
  MINUTE,
)

test.each([
  ['that serve', () => roll(RENEWED)],
  // The server has just been started: its second worker takes about a second more.
  ['of which one is starting', async () => undefined],
])(
  'workers %s end by themselves when their supervisor is killed',
  async (_what, begin) => {
    await begin()
    const workers = await bothWorkers()
    process.kill(server.pid, 'SIGKILL')
    await until('no worker stays behind', () => !workers.some(isRunning))
    server = await startCampusServer(installation)
  },
  MINUTE,
)

test.each([
  ['a mistake in the configuration', { KEY_ENCRYPTION_KEY: 'short' }, 'KEY_ENCRYPTION_KEY', 2],
  ['no PostgreSQL', { DATABASE_URL: 'postgres://nobody@127.0.0.1:PORT/nothing' }, 'PostgreSQL does not answer', 4],
  ['no Redis', { REDIS_URL: 'redis://127.0.0.1:PORT' }, 'Redis does not answer', 4],
])(
  'with %s it does not start, and says so once',
  async (_what, changes, message, code) => {
    const free = String(await freePort())
    const environment = Object.fromEntries(
      Object.entries({ ...installation.environment, WORKERS: '3', ...changes }).map(([name, value]) => [
        name,
        value.replace('PORT', free),
      ]),
    )
    const start = startCampusServer({ ...installation, environment }, { port: await freePort() })
    const complaint = await start.then(
      () => 'it started',
      (error: Error) => error.message,
    )
    expect(complaint).toMatch(`ended at once with ${code}`)
    expect(complaint.split(message)).toHaveLength(2)
    expect(complaint).not.toMatch(/^\s+at /m)
  },
  MINUTE,
)
