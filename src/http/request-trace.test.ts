import { afterEach, describe, expect, test } from '@jest/globals'
import { openTracing } from '../../adapters/tracing/opentelemetry.ts'
import { type House, openHouse } from '../../test/support/house.ts'
import { recordedMetrics } from '../../test/support/recorded-metrics.ts'
import { type ReceivedSpan, startTraceCollector, type TraceCollector } from '../../test/support/trace-collector.ts'
import type { Tracing } from '../tracing/tracing.ts'
import type { Room } from './room.ts'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${TRACE_ID}-00f067aa0ba902b7-01`

let collector: TraceCollector
let house: House
let tracing: Tracing

async function open({ ratio = 1, trustedProxies = ['127.0.0.0/8'] } = {}) {
  collector = await startTraceCollector()
  const log = { warn: () => undefined, info: () => undefined }
  tracing = openTracing({ endpoint: collector.endpoint, ratio, version: '1', log, ...recordedMetrics() })
  const room: Room = {
    mount(router) {
      router.get('/things/:id', async (ctx) => {
        ctx.body = await tracing.span('redis read', { 'db.operation.name': 'read' }, async () => 'a thing')
      })
      router.get('/broken', async () => {
        await tracing.span('redis read', {}, () => Promise.reject(new Error('a secret in a message')))
      })
    },
  }
  house = await openHouse({ rooms: [room], config: { trustedProxies }, tracing })
}
afterEach(async () => {
  await house.close()
  await collector.close()
})

/** Everything that was sent, once tracing has closed. */
async function sent(): Promise<ReceivedSpan[]> {
  await tracing.close()
  return collector.spans
}

const traceOf = (id: unknown) => house.lines.find(({ request, msg }) => request === id && msg === 'request')?.['trace']

test('a request is a span with its route and its status, and what is done for it are its children', async () => {
  await open()
  const { headers } = await house.send('/things/202407010101?code=secret')
  const [child, request] = await sent()
  expect(request).toMatchObject({
    name: 'GET /things/:id',
    parentSpanId: null,
    failed: false,
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/things/:id',
      'http.response.status_code': 200,
      'campus.request': headers['x-request-id'],
    },
  })
  expect(child).toMatchObject({ name: 'redis read', parentSpanId: request?.spanId, traceId: request?.traceId })
  expect(traceOf(headers['x-request-id'])).toBe(request?.traceId)
  expect(collector.raw()).not.toMatch(/202407010101|secret/)
})

test('what fails is marked, and its message goes to the log alone', async () => {
  await open()
  const { status, headers } = await house.send('/broken')
  expect(status).toBe(500)
  const spans = await sent()
  expect(spans.map(({ name, failed }) => [name, failed])).toEqual([
    ['redis read', true],
    ['GET /broken', true],
  ])
  expect(collector.raw()).not.toContain('a secret in a message')
  const bug = house.lines.find(({ msg }) => msg === 'bug')
  expect(bug).toMatchObject({ request: headers['x-request-id'], trace: spans[0]?.traceId })
})

describe('the trace of the caller', () => {
  test('is taken over from a proxy of ours', async () => {
    await open()
    await house.send('/things/1', { headers: { traceparent } })
    expect((await sent()).map(({ traceId }) => traceId)).toEqual([TRACE_ID, TRACE_ID])
  })

  test('is kept or not kept as the proxy says', async () => {
    await open()
    await house.send('/things/1', { headers: { traceparent: traceparent.replace(/01$/, '00') } })
    expect(await sent()).toEqual([])
  })

  test.each<[string, { headers: Record<string, string> }, string[]]>([
    ['a stranger', { headers: { traceparent } }, ['10.0.0.0/8']],
    [
      'a stranger who claims to be a proxy',
      { headers: { traceparent, 'x-forwarded-for': '10.0.0.1' } },
      ['10.0.0.0/8'],
    ],
    ['nobody whom we know', { headers: { traceparent } }, []],
    ['a proxy that writes it wrong', { headers: { traceparent: `${traceparent}-x` } }, ['127.0.0.0/8']],
  ])('of %s is not', async (_who, given, trustedProxies) => {
    await open({ trustedProxies })
    await house.send('/things/1', given)
    const spans = await sent()
    expect(spans).toHaveLength(2)
    expect(spans.map(({ traceId }) => traceId)).not.toContain(TRACE_ID)
  })

  test('is not taken over where there are two', async () => {
    await open()
    const both = `traceparent: ${traceparent}\r\ntraceparent: ${traceparent.replace('4bf9', '5bf9')}`
    await house.raw(`GET /things/1 HTTP/1.1\r\nHost: id.school.example\r\n${both}\r\nConnection: close\r\n\r\n`)
    expect((await sent()).map(({ traceId }) => traceId)).not.toContain(TRACE_ID)
  })
})

test('of so many requests only a part is kept, and each has an id nevertheless', async () => {
  await open({ ratio: 0 })
  const { headers } = await house.send('/things/1')
  expect(await sent()).toEqual([])
  expect(traceOf(headers['x-request-id'])).toMatch(/^[0-9a-f]{32}$/)
})

test('probes leave no span', async () => {
  await open()
  await house.send('/healthz')
  await house.send('/readyz')
  expect(await sent()).toEqual([])
})

test('where nothing is traced, no line says so', async () => {
  await open()
  const plain = await openHouse()
  await plain.send('/nowhere', { headers: { traceparent } })
  for (const line of plain.lines) expect(line).not.toHaveProperty('trace')
  await plain.close()
})
