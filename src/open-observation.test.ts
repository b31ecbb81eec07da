import { expect, test } from '@jest/globals'
import { pino } from 'pino'
import { startTraceCollector } from '../test/support/trace-collector.ts'
import { openObservation } from './open-observation.ts'
import { noTracing } from './tracing/tracing.ts'

const log = pino({ level: 'silent' })

test('nothing is traced unless there is somebody to tell', async () => {
  const { tracing } = await openObservation({ tracing: null }, log)
  expect(tracing).toBe(noTracing)
})

test('spans go to the collector that was named', async () => {
  const collector = await startTraceCollector()
  const { tracing, close } = await openObservation({ tracing: { endpoint: collector.endpoint, ratio: 1 } }, log)
  tracing.request({}, null).end('GET /', {}, { failed: false })
  await close()
  expect(collector.spans.map(({ name }) => name)).toEqual(['GET /'])
  await collector.close()
})
