/** Metrics that only remember what they were told. */
import type { CounterName, HistogramName, Metrics } from '../../src/metrics/metrics.ts'

export interface RecordedMetrics {
  metrics: Metrics
  counted: { name: CounterName; labels: Readonly<Record<string, string>>; by: number }[]
  observed: { name: HistogramName; labels: Readonly<Record<string, string>>; value: number }[]
  /** The sum of a counter over all label values that fit. */
  total(name: CounterName, labels?: Readonly<Record<string, string>>): number
  /** What a gauge shows now; null where nobody reads it. */
  reading(name: string): unknown
}

export function recordedMetrics(): RecordedMetrics {
  const counted: RecordedMetrics['counted'] = []
  const observed: RecordedMetrics['observed'] = []
  const readings = new Map<string, () => unknown>()
  return {
    counted,
    observed,
    metrics: {
      count: (name, labels, by = 1) => void counted.push({ name, labels: { ...labels }, by }),
      observe: (name, labels, value) => void observed.push({ name, labels: { ...labels }, value }),
      gauge: (name, read) => void readings.set(name, read),
    },
    total: (name, labels = {}) =>
      counted.filter((one) => one.name === name && fits(one.labels, labels)).reduce((sum, { by }) => sum + by, 0),
    reading: (name) => readings.get(name)?.() ?? null,
  }
}

function fits(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value)
}
