/** `node scripts/write-metrics-table.ts`, after a change of src/metrics/catalogue.ts: see metrics-table.ts. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { withMetricsTable } from './metrics-table.ts'

const path = resolve(import.meta.dirname, '../docs/operations/metrics.md')
writeFileSync(path, withMetricsTable(readFileSync(path, 'utf8')))
