/** The tables of docs/operations/metrics.md, from the catalogue itself. */
import { catalogue, type LabelValues, type Metric } from '../src/metrics/metrics.ts'

const BEGIN = '<!-- from src/metrics/catalogue.ts, by scripts/write-metrics-table.ts -->'
const END = '<!-- to here -->'

/** Puts the table between its two marks. */
export function withMetricsTable(text: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`the marks ${BEGIN} and ${END} are missing`)
  return `${text.slice(0, begin)}${BEGIN}\n\n${metricsTable()}\n\n${text.slice(end)}`
}

function metricsTable(): string {
  const rows = Object.entries<Metric>(catalogue).map(
    ([name, metric]) =>
      `| \`${name}\` | ${kindOf(metric)} | ${labelsOf(metric)} | ${metric.help.replaceAll('|', '\\|')} |`,
  )
  return ['| Metric | Kind | Labels | What it is |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function kindOf(metric: Metric): string {
  return metric.kind === 'gauge' ? `gauge, ${metric.across} of all processes` : metric.kind
}

function labelsOf({ labels }: Metric): string {
  return Object.entries(labels)
    .map(([label, values]) => `\`${label}\`: ${valuesOf(values)}`)
    .join('; ')
}

function valuesOf(values: LabelValues): string {
  return 'boundedBy' in values ? values.boundedBy : values.join(', ')
}
