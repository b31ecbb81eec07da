/** One server of two workers, seen by Prometheus: while all is well, while one hangs, and after one was killed. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type CampusServer, type Installation, newInstallation, startCampusServer } from '../support/campus-server.ts'
import { readExposition } from '../support/exposition.ts'
import { freePort } from '../support/free-port.ts'
import { freshDatabase, freshRedis } from '../support/fresh-stores.ts'
import { until } from '../support/until.ts'
import { ask, closeVisitors } from '../support/visitor.ts'

const REQUESTS = 24

let installation: Installation
let server: CampusServer
let metricsPort: number
const closings: (() => unknown)[] = []

beforeAll(async () => {
  const [database, redis] = await Promise.all([freshDatabase(), freshRedis()])
  metricsPort = await freePort()
  const more = { METRICS_PORT: String(metricsPort), WORKERS: '2', LOG_LEVEL: 'info' }
  installation = await newInstallation({ databaseUrl: database.url, redisUrl: redis.url }, [], more)
  server = await startCampusServer(installation)
  closings.push(closeVisitors, () => server.stop(), database.drop, redis.close, installation.remove)
  await until('both work', () => pidsIn('"msg":"ready"').length === 2)
}, 90_000)

afterAll(async () => {
  for (const closing of closings) await closing()
})

async function scrape() {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  const families = readExposition(text)
  const sumOf = (name: string, labels: Record<string, string> = {}) =>
    (families.get(name)?.samples ?? [])
      .filter((sample) => !/_(bucket|sum)$/.test(sample.name))
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0)
  return {
    answered: sumOf('campus_http_request_duration_seconds', { route: 'none', status: '4xx' }),
    connections: sumOf('campus_postgres_connections'),
    restarts: sumOf('campus_worker_restarts_total'),
    workers: {
      running: sumOf('campus_workers', { state: 'running' }),
      silent: sumOf('campus_workers', { state: 'silent' }),
    },
  }
}

/** Each on a connection of its own, so that the workers take turns. */
async function knock(): Promise<void> {
  for (let times = 0; times < REQUESTS; times += 1) {
    await ask(installation.issuer, '/nowhere', { port: installation.port, headers: { connection: 'close' } })
  }
}

function workersThatAnswered(): number[] {
  return pidsIn('"route":"none"')
}

/** Of the processes that wrote such a line into the log. */
function pidsIn(words: string): number[] {
  const lines = server.log().split('\n')
  return [...new Set(lines.flatMap((line): number[] => (line.includes(words) ? [JSON.parse(line).pid] : [])))]
}

test('the requests of both workers are counted', async () => {
  await knock()
  // A worker writes its lines a few at a time.
  await until('the log tells of both', () => workersThatAnswered().length === 2)
  expect(await scrape()).toMatchObject({ answered: REQUESTS, workers: { running: 2, silent: 0 }, restarts: 0 })
})

test('a worker that hangs is left out within its second, and its counts stand as they were', async () => {
  const [hanging = 0] = workersThatAnswered()
  process.kill(hanging, 'SIGSTOP')
  try {
    expect(await scrape()).toMatchObject({ answered: REQUESTS, workers: { running: 2, silent: 1 } })
  } finally {
    process.kill(hanging, 'SIGCONT')
  }
  expect(await scrape()).toMatchObject({ answered: REQUESTS, workers: { running: 2, silent: 0 } })
})

test('a worker that is killed leaves behind what it had counted, and the restart is counted', async () => {
  const [killed = 0] = workersThatAnswered()
  process.kill(killed, 'SIGKILL')
  await until('another one has its place', async () => {
    const { workers, restarts } = await scrape()
    return workers.running === 2 && restarts === 1
  })
  expect((await scrape()).answered).toBe(REQUESTS)
  await knock()
  await until('all are counted', async () => (await scrape()).answered === 2 * REQUESTS)
})
