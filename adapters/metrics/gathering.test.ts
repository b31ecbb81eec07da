import { expect, test } from '@jest/globals'
import { catalogue } from '../../src/metrics/metrics.ts'
import { readExposition } from '../../test/support/exposition.ts'
import { createGathering, type Report } from './gathering.ts'
import { createPrometheus, exposition } from './prometheus.ts'

const CALLS = 'campus_store_calls_total'

/** A worker that has made so many calls, and has one caller waiting for a connection. */
function newWorker(process: string, pid: number) {
  const { metrics, snapshot } = createPrometheus(catalogue)
  metrics.gauge('campus_postgres_waiting', () => 1)
  return {
    call(times: number) {
      metrics.count(CALLS, { store: 'redis', operation: 'read' }, times)
      metrics.observe('campus_store_call_duration_seconds', { store: 'redis' }, 0.01)
    },
    // As it comes over the channel.
    report: async (): Promise<Report> => JSON.parse(JSON.stringify({ process, pid, metrics: await snapshot() })),
  }
}

function open() {
  const { gather } = createGathering()
  return async (answers: unknown[], living: number[]) => {
    const { snapshots, silent } = await gather(answers, living)
    const families = readExposition(await exposition(snapshots))
    const of = (name: string) => families.get(name)?.samples.at(-1)?.value ?? 0
    return {
      calls: of(CALLS),
      observations: of('campus_store_call_duration_seconds'),
      waiting: of('campus_postgres_waiting'),
      silent,
    }
  }
}

test('two workers are one server', async () => {
  const tour = open()
  const [one, other] = [newWorker('a', 11), newWorker('b', 12)]
  one.call(2)
  other.call(3)
  const seen = await tour([await one.report(), await other.report()], [11, 12])
  expect(seen).toEqual({ calls: 5, observations: 2, waiting: 2, silent: 0 })
})

test('what a worker counted stays when it is gone, and its gauges go', async () => {
  const tour = open()
  const [one, other] = [newWorker('a', 11), newWorker('b', 12)]
  one.call(2)
  other.call(3)
  await tour([await one.report(), await other.report()], [11, 12])
  expect(await tour([await other.report()], [12])).toEqual({ calls: 5, observations: 2, waiting: 1, silent: 0 })
  const successor = newWorker('c', 13)
  successor.call(1)
  const seen = await tour([await other.report(), await successor.report()], [12, 13])
  expect(seen).toEqual({ calls: 6, observations: 3, waiting: 2, silent: 0 })
})

test('a worker that does not answer is counted as silent; its counts stand as they were, once', async () => {
  const tour = open()
  const [one, other] = [newWorker('a', 11), newWorker('b', 12)]
  one.call(2)
  other.call(3)
  await tour([await one.report(), await other.report()], [11, 12])
  one.call(40)
  expect(await tour([await other.report()], [11, 12])).toMatchObject({ calls: 5, waiting: 1, silent: 1 })
  expect(await tour([await other.report()], [11, 12])).toMatchObject({ calls: 5, silent: 1 })
  expect(await tour([await one.report(), await other.report()], [11, 12])).toMatchObject({ calls: 45, silent: 0 })
})

test('a new process by the number of one that is gone is another', async () => {
  const tour = open()
  const one = newWorker('a', 11)
  one.call(2)
  await tour([await one.report()], [11])
  const successor = newWorker('b', 11)
  successor.call(1)
  expect(await tour([await successor.report()], [11])).toMatchObject({ calls: 3, silent: 0 })
})

test('many workers that come and go are one sum', async () => {
  const tour = open()
  for (let number = 1; number <= 20; number += 1) {
    const worker = newWorker(`w${number}`, number)
    worker.call(1)
    expect(await tour([await worker.report()], [number])).toMatchObject({ calls: number, waiting: 1 })
  }
})

test('a worker that answers something else says nothing', async () => {
  const tour = open()
  const one = newWorker('a', 11)
  one.call(2)
  expect(await tour([null, 'noise', {}, await one.report()], [11, 12])).toMatchObject({ calls: 2, silent: 0 })
})
