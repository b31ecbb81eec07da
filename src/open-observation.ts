/** Opens what looks on while the server works: counters, and spans where a collector was named. */
import type { Logger } from 'pino'
import { createPrometheus, type Snapshot } from '../adapters/metrics/prometheus.ts'
import type { Campus } from './campus.ts'
import type { Config } from './config.ts'
import { catalogue } from './metrics/metrics.ts'
import { ownVersion } from './own-version.ts'
import { noTracing } from './tracing/tracing.ts'

export interface Observation extends Pick<Campus, 'metrics' | 'tracing'> {
  snapshot(): Promise<Snapshot>
  close(): Promise<void>
}

export async function openObservation(config: Pick<Config, 'tracing'>, log: Logger): Promise<Observation> {
  const { metrics, snapshot } = createPrometheus(catalogue)
  if (config.tracing === null) return { metrics, snapshot, tracing: noTracing, close: noTracing.close }
  // Not before somebody wants it: the packages behind it take their time to load.
  const { openTracing } = await import('../adapters/tracing/opentelemetry.ts')
  const tracing = openTracing({ ...config.tracing, version: ownVersion(), log, metrics })
  return { metrics, snapshot, tracing, close: tracing.close }
}
