/** Opens what looks on while the server works: counters, and spans where a collector was named. */
import type { Logger } from 'pino'
import type { Report } from '../adapters/metrics/gathering.ts'
import { createPrometheus, exposition } from '../adapters/metrics/prometheus.ts'
import type { Campus } from './campus.ts'
import type { Config } from './config.ts'
import { catalogue, openScrapeDoor, type ScrapeDoor } from './metrics/metrics.ts'
import { ownVersion } from './own-version.ts'
import { systemRandomness } from './system.ts'
import { noTracing, type Tracing } from './tracing/tracing.ts'

export interface Observation extends Pick<Campus, 'metrics' | 'tracing'> {
  /** What this process has counted, for the first one of its server. */
  report(): Promise<Report>
  /** The door of a server that is one process. */
  openDoor(at: NonNullable<Config['metrics']>): Promise<ScrapeDoor>
  /** As Prometheus reads what this process has counted. */
  write(): Promise<string>
  close(): Promise<void>
}

export async function openObservation(config: Pick<Config, 'tracing'>, log: Logger): Promise<Observation> {
  const { metrics, snapshot } = createPrometheus(catalogue)
  const tracing = await openTracing(config, { log, metrics })
  const name = systemRandomness.uuid()
  const write = async () => exposition([await snapshot()])
  return {
    metrics,
    tracing,
    report: async () => ({ process: name, pid: process.pid, metrics: await snapshot() }),
    openDoor(at) {
      metrics.gauge('campus_workers', () => [
        { labels: { state: 'running' }, value: 1 },
        { labels: { state: 'silent' }, value: 0 },
      ])
      return openScrapeDoor(at, log, write)
    },
    write,
    close: tracing.close,
  }
}

/** Not loaded before somebody wants it: the packages behind it take their time. */
async function openTracing(
  { tracing }: Pick<Config, 'tracing'>,
  parts: Pick<Campus, 'log' | 'metrics'>,
): Promise<Tracing> {
  if (tracing === null) return noTracing
  const adapter = await import('../adapters/tracing/opentelemetry.ts')
  return adapter.openTracing({ ...tracing, version: ownVersion(), ...parts })
}
