import type { Estimate } from '../measuring/statistics.ts'
import type { Capacity, Finding } from '../operations/finding.ts'

export const HEADINGS = [
  'operation',
  'ours/s',
  'B/s',
  'ratio [95 %]',
  'CPU µs ours / B',
  'p50 / p99 ms',
  'Redis',
  'PG',
  'signed',
  'must',
  'verdict',
] as const

/** A line of the table; what does not apply is left empty. */
export function rowOf(finding: Finding): string[] {
  const { title, ours, baseline, counts, must, verdict } = finding
  return [
    title,
    ours ? perSecond(ours) : '',
    baseline ? perSecond(baseline) : '',
    ratioOf(finding),
    cpu(ours, baseline),
    ours && !Number.isNaN(ours.p50) ? `${ours.p50.toFixed(1)} / ${ours.p99.toFixed(1)}` : '',
    ...(counts ? [counts.redis, counts.postgres, counts.signatures].map(exact) : ['', '', '']),
    must,
    verdict,
  ]
}

/** Each thing that speaks against a figure, with the name of the operation in front. */
export function faultLines(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ title, faults }) => faults.map((fault) => `${title}: ${fault}`))
}

function ratioOf({ ratio, against, measured }: Finding): string {
  if (!ratio) return measured ?? ''
  return `${withInterval(ratio)}${against === 'A' ? ' of A' : ''}`
}

function withInterval({ value, low, high }: Estimate): string {
  return `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`
}

function cpu(ours: Capacity | undefined, baseline: Capacity | undefined): string {
  const of = (side: Capacity | undefined) => (side ? String(Math.round(side.cpuMicroseconds)) : '')
  return baseline ? `${of(ours)} / ${of(baseline)}` : of(ours)
}

const perSecond = (side: Capacity) => String(Math.round(side.perSecond))
/** Whole, unless one in several is made for several operations together: audit rows are written in batches. */
const exact = (count: number) => String(Math.round(count * 10) / 10)
