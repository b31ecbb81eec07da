import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { catalogue } from '../src/metrics/metrics.ts'
import { withMetricsTable } from './metrics-table.ts'

const documented = readFileSync('docs/operations/metrics.md', 'utf8')

/** `npm run fix` widens the columns. */
const asWritten = (text: string) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---')

test('the documentation has every metric as it is; if not, run node scripts/write-metrics-table.ts', () => {
  expect(asWritten(documented)).toBe(asWritten(withMetricsTable(documented)))
  for (const name of Object.keys(catalogue)) expect(documented).toContain(`| \`${name}\` `)
})

test('a page without the marks is no page of ours', () => {
  expect(() => withMetricsTable('# Metrics')).toThrow('the marks')
})
