/**
 * What `campus-id serve` starts: reads the configuration, and supervises the workers that serve. Only here and in the
 * other composition roots do rooms and adapters meet. It imports little: what serves and opens stores are the workers.
 */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { generatedSecrets } from '../adapters/data-folder/kept-secret.ts'
import { workersOf } from '../adapters/processes/workers.ts'
import type { Timer } from './campus.ts'
import { explain } from './commands/explain.ts'
import { type ConfigReading, isSupervised, loadConfig, WORKER_NUMBER } from './config.ts'
import { expectFree, listenAddresses } from './http/listen.ts'
import { createLog } from './log.ts'
import { openServerMetrics } from './server-metrics.ts'
import { supervise } from './supervisor/supervisor.ts'
import { systemClock, systemRandomness } from './system.ts'
import type { Terminal } from './terminal/terminal.ts'

const FINENESS = 1_000
const AWAKE_MILLISECONDS = 60_000

/** Unlike that of the rooms it counts as work: nothing else may keep the supervisor alive while it waits to restart. */
const timer: Timer = (milliseconds, act) => {
  const timeout = setTimeout(act, milliseconds)
  return () => clearTimeout(timeout)
}

/** Answers the exit code; null where this process is to be the whole server. */
async function supervised({ config, warnings }: ConfigReading, { err }: Pick<Terminal, 'err'>): Promise<number | null> {
  if (!isSupervised(config)) return null
  for (const warning of warnings) err(`Warning: ${warning}\n`)
  // Here, and not in the workers: a socket of theirs that only probes would be handed connections.
  await expectFree(await listenAddresses(config.host), [config.port])
  const workers = workersOf({
    path: join(import.meta.dirname, 'cli.js'),
    words: ['serve'],
    environment: (number) => ({ [WORKER_NUMBER]: String(number) }),
  })
  const log = createLog(config)
  const metrics = config.metrics && (await openServerMetrics(config.metrics, { log, workers }))
  const supervisor = supervise(
    {
      startWorker: workers.startWorker,
      log,
      clock: systemClock,
      timer,
      jitter: () => randomInt(FINENESS) / FINENESS,
    },
    config,
  )
  metrics?.watch(supervisor)
  // Its `pid` is the one to send signals to.
  log.info({ workers: config.workers, metrics: config.metrics }, 'supervising')
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, supervisor.stop)
  process.on('SIGHUP', supervisor.roll)
  const awake = setInterval(() => undefined, AWAKE_MILLISECONDS)
  try {
    return await supervisor.ended
  } finally {
    clearInterval(awake)
    await metrics?.close()
  }
}

function read(): ConfigReading {
  const secrets = (folder: string, names: Parameters<typeof generatedSecrets>[1]) =>
    generatedSecrets(folder, names, systemRandomness)
  return loadConfig({ root: process.cwd(), generatedSecrets: secrets })
}

async function main(): Promise<void> {
  const err = (words: string) => void process.stderr.write(words)
  try {
    const code = await supervised(read(), { err })
    if (code !== null) {
      process.exitCode = code
      return
    }
  } catch (error) {
    process.exitCode = explain(error, { err })
    return
  }
  // A demo ends with its terminal.
  process.removeAllListeners('SIGHUP')
  await import('./command-line.ts')
}

await main()
