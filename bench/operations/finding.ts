/** What the bench found out about one thing, beside what must hold of it (the bars are those of the release). */
import type { Estimate } from '../measuring/statistics.ts'

export interface Finding {
  operation: string
  /** What stands in the first column of the table. */
  title: string
  ours?: Capacity
  /** The same at the baseline. */
  baseline?: Capacity
  /** Against B or A, as `against` says; more is better. */
  ratio?: Estimate
  against?: 'B' | 'A'
  /** A itself, in hashes a second and core. */
  limitPerSecond?: number
  /** What the ratio must be, for the plot. */
  least?: number
  /** By the requests a second instead of the CPU time: the two differ where a server was waiting for somebody. */
  rateRatio?: Estimate
  /** Where no ratio says it: `142 MB`. */
  measured?: string
  must: string
  verdict: Verdict
  /** Whatever speaks against these figures: failed requests, noise, a generator at its limit. */
  faults: string[]
  counts?: Counts
}

export interface Capacity {
  perSecond: number
  cpuMicroseconds: number
  /** At half the load that it can bear, from the moment at which each was meant to begin; milliseconds. */
  p50: number
  p99: number
}

/** Of one operation; they carry no noise. */
export interface Counts {
  redis: number
  postgres: number
  signatures: number
  /** The trips and queries by their names, such as `postgres people.find`. */
  calls: Readonly<Record<string, number>>
}

export type Verdict = 'met' | 'met within noise' | 'missed within noise' | 'missed' | 'not measured'

/** The interval says whether the next run could see it otherwise. */
export function judge({ value, low, high }: Estimate, bound: { least: number } | { most: number }): Verdict {
  if ('most' in bound) return judge({ value: -value, low: -high, high: -low }, { least: -bound.most })
  if (Number.isNaN(value)) return 'not measured'
  if (value >= bound.least) return low >= bound.least ? 'met' : 'met within noise'
  return high < bound.least ? 'missed' : 'missed within noise'
}
