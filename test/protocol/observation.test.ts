/** One real sign-in, seen by those who look on: the log, the audit, the metrics and the traces. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { DEMO_PASSWORD } from '../../src/demo/demo.ts'
import { startTraceCollector, type TraceCollector } from '../support/trace-collector.ts'
import { until } from '../support/until.ts'
import {
  type Answer,
  ask,
  askForTokens,
  authorizationAddress,
  closeVisitors,
  newVisitor,
  VERIFIER,
} from '../support/visitor.ts'
import { openWholeCampus, REDIRECT_URI, type WholeCampus } from '../support/whole-campus.ts'

const account = { login: '999925010101', password: DEMO_PASSWORD }
const wrong = { login: account.login, password: 'canary of a wrong password' }
const nobody = { login: '209912345678', password: 'canary of a password in vain' }

const REQUEST_ID = '5f2b8c1d9e7a40f3b6c2d8e1a9f40b7c'
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const ADDRESS = '203.0.113.77'
const AGENT = 'CanaryBrowser/1.0'
const headers = { 'x-forwarded-for': ADDRESS, 'user-agent': AGENT }

let collector: TraceCollector
let campus: WholeCampus
let visitor: ReturnType<typeof newVisitor>
let tokens: Record<string, unknown>
let posted: Answer
let canaries: string[]

beforeAll(async () => {
  collector = await startTraceCollector()
  campus = await openWholeCampus({
    trustedProxies: ['127.0.0.0/8'],
    tracing: { endpoint: collector.endpoint, ratio: 1 },
  })
  const { issuer, port } = campus
  visitor = newVisitor(issuer)
  const arrived = await visitor.go(authorizationAddress('library', REDIRECT_URI), { port, headers })
  const page = arrived.location?.pathname ?? ''
  const form = { port, headers }
  await visitor.go(page, form)
  for (const bad of [wrong, nobody]) await visitor.go(`${page}/password`, { ...form, form: bad })
  const traceparent = `00-${TRACE_ID}-00f067aa0ba902b7-01`
  const named = { ...headers, 'x-request-id': REQUEST_ID, traceparent }
  posted = await visitor.go(`${page}/password`, { port, form: account, headers: named })
  const back = await visitor.go(posted.location?.pathname ?? '', form)
  const code = back.location?.searchParams.get('code') ?? ''
  const redeemed = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER }
  tokens = (await askForTokens(issuer, port, { ...redeemed, client_id: 'library' })).body
  await ask(issuer, '/me', { port, headers: { ...headers, authorization: `Bearer ${tokens['access_token']}` } })
  const person = await campus.campus.people.findByLogin(account.login)
  const cookies = [...visitor.cookies.values()].map(({ value }) => value)
  canaries = [
    ...[account, wrong, nobody].flatMap(({ login, password }) => [login, password]),
    ...[code, tokens['access_token'], tokens['id_token'], tokens['refresh_token']].map(String),
    ...[person?.id ?? 'nobody', person?.name ?? 'nobody', ADDRESS, AGENT, VERIFIER, page, ...cookies],
  ].filter((text) => text !== '')
  await campus.campus.audit.flush()
}, 60_000)

afterAll(async () => {
  closeVisitors()
  await campus.close()
  await collector.close()
})

test('the sign-in went as it should, or the rest would prove nothing', () => {
  expect(posted.status).toBe(303)
  expect(Object.keys(tokens)).toEqual(expect.arrayContaining(['access_token', 'id_token', 'refresh_token']))
  expect(canaries.every((text) => text.length > 2)).toBe(true)
  expect(canaries).not.toContain('undefined')
})

describe('one name', () => {
  test('leads from the proxy to the answer, the log, the audit and the trace', async () => {
    expect(posted.headers['x-request-id']).toBe(REQUEST_ID)
    const rows = await campus.campus.audit.latest({ limit: 50 })
    const named = rows.filter(({ request }) => request === REQUEST_ID).map(({ event }) => event)
    expect(named).toEqual(expect.arrayContaining(['sign-in.proven', 'sign-in.completed']))
    expect(campus.lines).toContainEqual(
      expect.objectContaining({ msg: 'request', request: REQUEST_ID, trace: TRACE_ID }),
    )
    await until('the span is there', () => spansOf(TRACE_ID).some(({ attributes }) => attributes['campus.request']))
    expect(spansOf(TRACE_ID).find(({ attributes }) => attributes['campus.request'] === REQUEST_ID)).toBeDefined()
  })
})

const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId)

describe('the trace of the sign-in', () => {
  beforeAll(() => until('all is sent', () => collector.spans.some(({ name }) => name === 'GET /me')))

  test('begins with the request, as the child of the proxy’s span', () => {
    const request = spansOf(TRACE_ID).find(({ parentSpanId }) => parentSpanId === '00f067aa0ba902b7')
    expect(request).toMatchObject({
      name: 'POST /interaction/:uid/password',
      failed: false,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/interaction/:uid/password',
        'http.response.status_code': 303,
        'campus.request': REQUEST_ID,
      },
    })
  })

  test('shows the stores and the hashing as parts of it', () => {
    const request = spansOf(TRACE_ID).find(({ parentSpanId }) => parentSpanId === '00f067aa0ba902b7')
    const parts = spansOf(TRACE_ID).filter(({ parentSpanId }) => parentSpanId === request?.spanId)
    const names = parts.map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining(['postgresql credentials.find-by-login', 'redis count', 'hashing verify']),
    )
    expect(parts.find(({ name }) => name === 'redis count')?.attributes).toEqual({
      'db.system.name': 'redis',
      'db.operation.name': 'count',
    })
  })

  test('has nothing of the starting server, nor of what goes on without a request', () => {
    expect(collector.spans.filter(({ parentSpanId }) => parentSpanId === null).map(({ name }) => name)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(GET|POST) /)]),
    )
    expect(collector.spans.filter(({ name }) => /migrate|changes/.test(name))).toEqual([])
  })

  test('knows only the attributes that it may know', () => {
    const known = new Set([
      'http.request.method',
      'http.response.status_code',
      'http.route',
      'db.system.name',
      'db.operation.name',
      'campus.request',
    ])
    for (const { attributes } of collector.spans)
      expect([...known]).toEqual(expect.arrayContaining(Object.keys(attributes)))
  })
})

describe('nobody who looks on learns who it was', () => {
  const found = (text: string) => canaries.filter((canary) => text.includes(canary))

  test('the collector', () => {
    expect(collector.spans.length).toBeGreaterThan(20)
    expect(found(collector.raw())).toEqual([])
  })

  test('Prometheus', async () => {
    const text = await campus.exposition()
    expect(text).toContain('campus_sign_ins_total{method="password",client="library",result="success"} 1')
    expect(text).toContain('campus_sign_ins_total{method="password",client="library",result="wrong"} 2')
    expect(found(text)).toEqual([])
  })
})

describe('the metrics of a whole server', () => {
  test('are read by a strict reader, and tell what happened', async () => {
    const families = await campus.scrape()
    const total = (name: string) => families.get(name)?.samples.reduce((sum, { value }) => sum + value, 0)
    expect(total('campus_tokens_issued_total')).toBe(1)
    expect(total('campus_signatures_total')).toBe(1)
    expect(total('campus_audit_rows_written_total')).toBeGreaterThan(0)
    expect(families.get('campus_hashing_waiting_max')?.samples[0]?.value).toBeGreaterThan(0)
    const stores = families.get('campus_store_calls_total')?.samples.map(({ labels }) => labels['store'])
    expect(new Set(stores)).toEqual(new Set(['postgres', 'redis']))
  })
})
