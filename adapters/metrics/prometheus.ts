/** Keeps the metrics of one process, and writes those of one or of several as Prometheus reads them. */
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from '@prometheus-io/client'
import type { Metric, Metrics } from '../../src/metrics/metrics.ts'

/** Plain data: it can be sent from one process to another. */
export type Snapshot = readonly MetricObjectWithValues<MetricValue<string>>[]

export interface Prometheus {
  metrics: Metrics
  snapshot(): Promise<Snapshot>
}

type Labels = Readonly<Record<string, string>>
type Reading = number | readonly { labels: Labels; value: number }[]

/** `catalogue` is that of src/metrics. Beside it stand Node's own: event loop, heap, collections, processor time. */
export function createPrometheus(catalogue: Readonly<Record<string, Metric>>): Prometheus {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  // Quantiles of several processes cannot be added up; the histogram beside it can.
  registry.removeSingleMetric('nodejs_eventloop_utilization_summary')
  const counters = new Map<string, Counter<string>>()
  const histograms = new Map<string, Histogram<string>>()
  const readings = new Map<string, () => Reading>()
  for (const [name, metric] of Object.entries(catalogue)) {
    const described = { name, help: metric.help, labelNames: Object.keys(metric.labels), registers: [registry] }
    if (metric.kind === 'counter') counters.set(name, new Counter(described))
    else if (metric.kind === 'gauge') addGauge(described, metric.across, readings)
    else histograms.set(name, new Histogram({ ...described, buckets: [...metric.buckets] }))
  }
  return {
    metrics: {
      count: (name, labels, by = 1) => counters.get(name)?.inc({ ...labels }, by),
      observe: (name, labels, value) => histograms.get(name)?.observe({ ...labels }, value),
      gauge: (name, read) => void readings.set(name, read),
    },
    snapshot: async () => (await registry.getMetricsAsJSON()).map(worstOfLags).map(withoutUnknowns),
  }
}

/** The library would show the average of all processes, and one that stands still would be lost in it. */
function worstOfLags(metric: Snapshot[number]): Snapshot[number] {
  return metric.name.startsWith('nodejs_eventloop_lag_') ? { ...metric, aggregator: 'max' } : metric
}

/** A mean of nothing is no number, and would be none any more where it has come from another process. */
function withoutUnknowns(metric: Snapshot[number]): Snapshot[number] {
  return { ...metric, values: metric.values.filter(({ value }) => Number.isFinite(value)) }
}

interface DescribedGauge {
  name: string
  help: string
  labelNames: string[]
  registers: Registry[]
}

function addGauge(
  described: DescribedGauge,
  across: 'sum' | 'max',
  readings: ReadonlyMap<string, () => Reading>,
): void {
  new Gauge({
    ...described,
    aggregator: across,
    collect() {
      // What is not there any more must not be shown for ever.
      this.reset()
      const reading = readings.get(described.name)?.() ?? []
      const values = typeof reading === 'number' ? [{ labels: {}, value: reading }] : reading
      for (const { labels, value } of values) this.set({ ...labels }, value)
    },
  })
}

/** Counters and histograms are added up; gauges as the catalogue says. */
export function exposition(snapshots: readonly Snapshot[]): Promise<string> {
  return Registry.aggregate([...snapshots]).metrics()
}
