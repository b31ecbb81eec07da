/** A strict reader of Prometheus' text format 0.0.4: it throws where a scraper would guess. */

export interface Sample {
  /** With its ending, such as `_bucket`. */
  name: string
  labels: Readonly<Record<string, string>>
  value: number
}

export interface Family {
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  samples: Sample[]
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/
/** As Go's ParseFloat takes it. */
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|nan)$/i

/** Families in the order of the text. */
export function readExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let current: { name: string; family: Family } | null = null
  let help: RegExpExecArray | null = null
  for (const line of text.split('\n')) {
    if (line === '') continue
    if (line.startsWith('# HELP')) {
      help = HELP.exec(line)
      continue
    }
    if (line.startsWith('# TYPE')) {
      current = newFamily(line, help, families)
      continue
    }
    const sample = sampleOf(line)
    if (current === null || !belongs(sample.name, current)) throw new Error(`out of its family: ${line}`)
    const identity = JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()])
    if (seen.has(identity)) throw new Error(`twice: ${line}`)
    seen.add(identity)
    current.family.samples.push(sample)
  }
  for (const [name, family] of families) if (family.type === 'histogram') expectWholeHistogram(name, family)
  return families
}

function newFamily(line: string, help: RegExpExecArray | null, families: Map<string, Family>) {
  const [, name = '', type] = TYPE.exec(line) ?? []
  if (help?.[1] !== name || families.has(name)) throw new Error(`no HELP of its own, or twice: ${line}`)
  if (type !== 'counter' && type !== 'gauge' && type !== 'histogram') throw new Error(`no type: ${line}`)
  const family: Family = { type, help: help[2] ?? '', samples: [] }
  families.set(name, family)
  return { name, family }
}

function belongs(sample: string, { name, family }: { name: string; family: Family }): boolean {
  if (family.type !== 'histogram') return sample === name
  return ['_bucket', '_sum', '_count'].some((ending) => sample === `${name}${ending}`)
}

function sampleOf(line: string): Sample {
  const [, name = '', inBraces = '', number = ''] = SAMPLE.exec(line) ?? []
  if (name === '' || !NUMBER.test(number)) throw new Error(`no sample: ${line}`)
  const labels: Record<string, string> = {}
  for (let rest = inBraces; rest !== ''; ) {
    const [whole, label = '', value = ''] = LABEL.exec(rest) ?? []
    if (whole === undefined || label in labels) throw new Error(`unreadable labels: ${line}`)
    labels[label] = value.replace(/\\(["\\n])/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
    rest = rest.slice(whole.length)
  }
  return { name, labels, value: Number(number.replace('Inf', 'Infinity')) }
}

/** The buckets of each combination of labels rise, and the last of them, +Inf, is the count. */
function expectWholeHistogram(name: string, { samples }: Family): void {
  const series = new Map<string, { buckets: number[]; last: string; count: number | null }>()
  for (const { name: sample, labels, value } of samples) {
    const { le = '', ...rest } = labels
    const key = JSON.stringify(Object.entries(rest).toSorted())
    const one = series.get(key) ?? { buckets: [], last: '', count: null }
    series.set(key, one)
    if (sample === `${name}_count`) one.count = value
    if (sample !== `${name}_bucket`) continue
    if (value < (one.buckets.at(-1) ?? 0)) throw new Error(`${name}: buckets that fall`)
    one.buckets.push(value)
    one.last = le
  }
  for (const { buckets, last, count } of series.values()) {
    if (last !== '+Inf' || buckets.at(-1) !== count) throw new Error(`${name}: +Inf is not the count`)
  }
}
