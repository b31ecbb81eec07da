/** The metrics of a server of several processes, at one door: the first one asks its workers, and answers for all. */
import type { Logger } from 'pino'
import { createGathering } from '../adapters/metrics/gathering.ts'
import { createPrometheus, exposition } from '../adapters/metrics/prometheus.ts'
import type { Workers } from '../adapters/processes/workers.ts'
import type { Config } from './config.ts'
import { catalogue, openScrapeDoor } from './metrics/metrics.ts'
import type { Supervisor } from './supervisor/supervisor.ts'

/** The question to which a worker answers what it has counted: a `Report` of adapters/metrics/gathering.ts. */
export const METRICS_QUESTION = 'metrics'

export interface ServerMetrics {
  /** To be told as soon as there is one. */
  watch(supervisor: Pick<Supervisor, 'counts'>): void
  close(): Promise<void>
}

interface Parts {
  log: Logger
  workers: Pick<Workers, 'ask' | 'living'>
}

/** Rejects where the port is somebody else's: to be called before the first worker is started. */
export async function openServerMetrics(
  at: NonNullable<Config['metrics']>,
  { log, workers }: Parts,
): Promise<ServerMetrics> {
  const { metrics, snapshot } = createPrometheus(catalogue)
  const { gather } = createGathering()
  let counts = () => ({ running: 0, restarts: 0 })
  let silent = 0
  let restartsTold = 0
  metrics.gauge('campus_workers', () => [
    { labels: { state: 'running' }, value: counts().running },
    { labels: { state: 'silent' }, value: silent },
  ])

  const door = await openScrapeDoor(at, log, async () => {
    const gathered = await gather(await workers.ask(METRICS_QUESTION), workers.living())
    silent = gathered.silent
    const { restarts } = counts()
    metrics.count('campus_worker_restarts_total', {}, restarts - restartsTold)
    restartsTold = restarts
    return exposition([...gathered.snapshots, await snapshot()])
  })
  return {
    watch: (supervisor) => {
      counts = supervisor.counts
    },
    close: door.close,
  }
}
