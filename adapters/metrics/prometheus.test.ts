import { describe, expect, test } from '@jest/globals'
import { catalogue } from '../../src/metrics/metrics.ts'
import { readExposition } from '../../test/support/exposition.ts'
import { createPrometheus, exposition } from './prometheus.ts'

const scrape = async (...processes: ReturnType<typeof createPrometheus>[]) =>
  readExposition(await exposition(await Promise.all(processes.map(({ snapshot }) => snapshot()))))

const calls = 'campus_store_calls_total'
const durations = 'campus_http_request_duration_seconds'
const labels = { route: '/interaction/:uid', method: 'GET', status: '2xx' } as const

describe('one process', () => {
  test('shows every metric of the catalogue with its kind and its help, and those of Node', async () => {
    const families = await scrape(createPrometheus(catalogue))
    for (const [name, { kind, help }] of Object.entries(catalogue)) {
      expect(families.get(name)).toMatchObject({ type: kind, help })
    }
    for (const name of ['nodejs_eventloop_lag_seconds', 'nodejs_heap_size_used_bytes', 'process_cpu_seconds_total']) {
      expect(families.get(name)?.samples).toHaveLength(1)
    }
  })

  test('counts, observes and reads', async () => {
    const own = createPrometheus(catalogue)
    own.metrics.count(calls, { store: 'redis', operation: 'read' })
    own.metrics.count(calls, { store: 'redis', operation: 'read' }, 2)
    own.metrics.observe(durations, labels, 0.3)
    own.metrics.gauge('campus_postgres_waiting', () => 4)
    const families = await scrape(own)
    expect(families.get(calls)?.samples).toEqual([
      { name: calls, labels: { store: 'redis', operation: 'read' }, value: 3 },
    ])
    const buckets = families.get(durations)?.samples.filter(({ name }) => name === `${durations}_bucket`)
    expect(buckets?.filter(({ value }) => value === 0).map(({ labels: { le } }) => Number(le))).toEqual(
      catalogue[durations].buckets.filter((limit) => limit < 0.3),
    )
    expect(families.get('campus_postgres_waiting')?.samples).toMatchObject([{ value: 4 }])
  })

  test('escapes what a label holds', async () => {
    const own = createPrometheus(catalogue)
    own.metrics.count(calls, { store: 'redis', operation: 'a"b\\c\nd' })
    expect((await scrape(own)).get(calls)?.samples).toMatchObject([{ labels: { operation: 'a"b\\c\nd' } }])
  })

  test('shows a gauge only for what is there now', async () => {
    const own = createPrometheus(catalogue)
    const shown: { labels: { state: 'busy' | 'idle' }; value: number }[] = [{ labels: { state: 'busy' }, value: 1 }]
    own.metrics.gauge('campus_postgres_connections', () => shown)
    await scrape(own)
    shown.length = 0
    expect((await scrape(own)).get('campus_postgres_connections')?.samples).toEqual([])
  })
})

test('several processes are added up: counters, buckets and gauges', async () => {
  const both = [createPrometheus(catalogue), createPrometheus(catalogue)]
  for (const { metrics } of both) {
    metrics.count(calls, { store: 'postgres', operation: 'people.find' })
    metrics.observe(durations, labels, 0.3)
    metrics.gauge('campus_postgres_waiting', () => 4)
  }
  const families = await scrape(...both)
  expect(families.get(calls)?.samples).toMatchObject([{ value: 2 }])
  expect(families.get(`${durations}`)?.samples.at(-1)).toMatchObject({ name: `${durations}_count`, value: 2 })
  expect(families.get('campus_postgres_waiting')?.samples).toMatchObject([{ value: 8 }])
})
