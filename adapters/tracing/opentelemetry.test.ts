import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { traceFetch } from '../../src/oidc/oidc.ts'
import { noTracing, type Tracing } from '../../src/tracing/tracing.ts'
import { freePort } from '../../test/support/free-port.ts'
import { recordedMetrics } from '../../test/support/recorded-metrics.ts'
import { startTraceCollector } from '../../test/support/trace-collector.ts'
import { openTracing } from './opentelemetry.ts'

const said: string[] = []
const log = pino({ level: 'info' }, { write: (line: string) => void said.push(JSON.parse(line).msg) })

function open(endpoint: string) {
  const recorded = recordedMetrics()
  said.length = 0
  return { ...recorded, tracing: openTracing({ endpoint, ratio: 1, version: '1', log, ...recorded }) }
}

function oneRequest(tracing: Tracing, parts = 0): void {
  const span = tracing.request({}, null)
  span.run(() => {
    for (let part = 0; part < parts; part += 1) void tracing.span('part', {}, async () => undefined)
  })
  span.end('GET /', {}, { failed: false })
}

const closings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const closing of closings.splice(0)) await closing()
})

test('the address of the collector may end with a slash', async () => {
  const collector = await startTraceCollector()
  closings.push(collector.close)
  const { tracing, total } = open(`${collector.endpoint}/`)
  oneRequest(tracing)
  await tracing.close()
  expect(collector.raw()).toMatch(/^POST \/v1\/traces /)
  expect(collector.raw()).toContain('"campus-id"')
  expect(total('campus_spans_total', { result: 'sent' })).toBe(1)
})

describe('a collector that is away', () => {
  test('costs a request nothing, is told of once, and its spans are counted as lost', async () => {
    const { tracing, total } = open(`http://127.0.0.1:${await freePort()}`)
    oneRequest(tracing)
    expect(await tracing.span('outside of any request', {}, async () => 'done')).toBe('done')
    await tracing.close()
    expect(total('campus_spans_total', { result: 'lost' })).toBe(1)
    expect(said).toEqual(['spans could not be sent'])
  })

  test('takes no more memory than so many spans', async () => {
    const { tracing, total } = open(`http://127.0.0.1:${await freePort()}`)
    for (let request = 0; request < 30; request += 1) oneRequest(tracing, 400)
    await tracing.close()
    expect(total('campus_spans_total')).toBeLessThanOrEqual(4_096 + 2 * 512)
  })

  test('that takes the connection and says nothing holds up nobody who stops', async () => {
    const silent: Server = createServer(() => undefined)
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    closings.push(async () => {
      silent.closeAllConnections()
      silent.close()
    })
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { tracing } = open(`http://127.0.0.1:${port}`)
    oneRequest(tracing)
    // Bounded by itself: that this ends is what is tested.
    await tracing.close()
  })
})

test('a relying party is not told of our traces', async () => {
  const collector = await startTraceCollector()
  closings.push(collector.close)
  const { tracing } = open(collector.endpoint)
  const asked: RequestInit[] = []
  const fetch = traceFetch({ tracing }, async (_url, options) => {
    asked.push(options)
    return new Response('ok')
  })
  const span = tracing.request({}, null)
  await span.run(() =>
    fetch('https://library.school.example/logout?person=lan', { method: 'POST', headers: { a: 'b' } }),
  )
  span.end('POST /', {}, { failed: false })
  await tracing.close()
  expect(asked).toEqual([{ method: 'POST', headers: { a: 'b' } }])
  expect(collector.spans[0]).toMatchObject({
    name: 'outbound',
    attributes: { 'server.address': 'library.school.example' },
  })
  expect(collector.raw()).not.toContain('person=lan')
})

test('without a collector nothing is made and nothing is remembered', async () => {
  const span = noTracing.request({}, { traceId: 'x', spanId: 'y', sampled: true })
  expect(span.traceId).toBeNull()
  expect(span.run(() => 7)).toBe(7)
  expect(await noTracing.span('part', {}, async () => 8)).toBe(8)
})

test('what goes on after the answer, such as writing down what was noted, is no part of the request', async () => {
  const collector = await startTraceCollector()
  closings.push(collector.close)
  const { tracing } = open(collector.endpoint)
  const answered = Promise.withResolvers<void>()
  const span = tracing.request({}, null)
  const late = span.run(async () => {
    await answered.promise
    return tracing.span('late', {}, async () => 'done')
  })
  span.end('GET /', {}, { failed: false })
  answered.resolve()
  expect(await late).toBe('done')
  await tracing.close()
  expect(collector.spans.map(({ name }) => name)).toEqual(['GET /'])
})
