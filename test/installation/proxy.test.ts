/** The server behind the nginx of deploy/nginx: what gets through, and what a browser can make it believe. */
import { readFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request as requestHttp } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as requestHttps } from 'node:https'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ACCOUNT, declaredClient, newPerson, REDIRECT_URI } from '../races/world.ts'
import {
  type CampusServer,
  campusCommand,
  type Installation,
  newInstallation,
  startCampusServer,
} from '../support/campus-server.ts'
import { freePort } from '../support/free-port.ts'
import { type FreshDatabase, type FreshRedis, freshDatabase, freshRedis } from '../support/fresh-stores.ts'
import { type Nginx, startNginx } from '../support/nginx.ts'
import { until } from '../support/until.ts'
import { authorizationAddress, VERIFIER } from '../support/visitor.ts'

const MINUTES = 60_000
const CLIENT = 'library'
const FORGED_TRACE = '0123456789abcdef0123456789abcdef'
const FORGED = {
  'x-forwarded-for': '203.0.113.9',
  'x-real-ip': '203.0.113.9',
  'x-request-id': 'forged-by-a-browser',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'http',
  forwarded: 'for=203.0.113.9;host=evil.example;proto=http',
  traceparent: `00-${FORGED_TRACE}-0123456789abcdef-01`,
  tracestate: 'evil=1',
}

let database: FreshDatabase
let redis: FreshRedis
let installation: Installation
let server: CampusServer
let nginx: Nginx
let ports: { https: number; http: number }
let issuer: string
let metricsPort: number

beforeAll(async () => {
  database = await freshDatabase()
  redis = await freshRedis()
  ports = { https: await freePort(), http: await freePort() }
  metricsPort = await freePort()
  issuer = `https://localhost:${ports.https}`
  installation = await newInstallation({ databaseUrl: database.url, redisUrl: redis.url }, [declaredClient(CLIENT)], {
    ISSUER: issuer,
    TRUSTED_PROXIES: '127.0.0.1/32',
    METRICS_PORT: String(metricsPort),
    // Nobody takes the spans; the lines of the log name their traces all the same.
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
  })
  server = await startCampusServer(installation)
  await newPerson(installation)
  nginx = await startNginx({ name: 'localhost', upstream: `127.0.0.1:${server.port}`, ports })
}, 2 * MINUTES)
afterAll(async () => {
  await nginx?.stop()
  await server?.stop()
  await redis?.close()
  await database?.drop()
  installation?.remove()
})

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

interface Asking {
  form?: Record<string, string>
  headers?: Record<string, string>
  /** To the open port instead. */
  plain?: boolean
}

function ask(path: string, { form, headers = {}, plain = false }: Asking = {}): Promise<Answer> {
  const body = form && new URLSearchParams(form).toString()
  const type = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
  const port = plain ? ports.http : ports.https
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      ca: readFileSync(nginx.certificateFile),
      method: body === undefined ? 'GET' : 'POST',
      path,
      headers: { host: `localhost:${port}`, accept: 'text/html', ...type, ...headers },
    }
    const sent = (plain ? requestHttp : requestHttps)(options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** A browser that sends what it likes with every request. */
async function signIn(headers: Record<string, string>): Promise<string> {
  const cookies = new Map<string, string>()
  const go = async (path: string, form?: Record<string, string>) => {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const answer = await ask(path, { headers: { ...headers, origin: issuer, cookie }, ...(form && { form }) })
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [name = '', value = ''] = line.split(/[=;]/)
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return answer
  }
  const pathOf = ({ headers: { location = '' } }: Answer) => {
    const { pathname, search } = new URL(location, issuer)
    return pathname + search
  }
  const page = pathOf(await go(authorizationAddress(CLIENT, REDIRECT_URI)))
  expect((await go(page)).status).toBe(200)
  const signedIn = await go(page.replace('?', '/password?'), ACCOUNT)
  expect(signedIn.status).toBe(303)
  const back = await go(pathOf(signedIn))
  return new URL(back.headers.location ?? '').searchParams.get('code') ?? ''
}

test(
  'people sign in through it, and what they send in the name of a proxy counts for nothing',
  async () => {
    const code = await signIn(FORGED)
    const grant = { grant_type: 'authorization_code', client_id: CLIENT, redirect_uri: REDIRECT_URI }
    const form = { ...grant, code, code_verifier: VERIFIER }
    const { status, headers } = await ask('/token', { form, headers: FORGED })
    expect(status).toBe(200)
    // The name of the request is nginx's own, in the answer and in its log.
    const name = String(headers['x-request-id'])
    expect(name).toMatch(/^[0-9a-f]{32}$/)
    await until('nginx has written its line', () => nginx.accessLog().includes(name))
    const proven = await campusCommand(installation, ['audit', 'tail', '--event', 'sign-in.proven', '--json'])
    expect(JSON.parse(proven)).toMatchObject({
      address: '127.0.0.1',
      request: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  },
  MINUTES,
)

test('no browser says to which trace its request belongs, nor whether it is kept', async () => {
  const { headers } = await ask('/auth', { headers: FORGED })
  const lineOf = () =>
    server
      .log()
      .split('\n')
      .find((line) => line.includes(String(headers['x-request-id'])))
  await until('the server has written its line', () => lineOf() !== undefined)
  expect(lineOf()).toMatch(/"trace":"[0-9a-f]{32}"/)
  expect(server.log()).not.toContain(FORGED_TRACE)
})

test('addresses come from the issuer, and answers bear the server’s headers once', async () => {
  const { text, headers } = await ask('/.well-known/openid-configuration', { headers: FORGED })
  expect(JSON.parse(text).issuer).toBe(issuer)
  expect(text).not.toContain('evil.example')
  expect(headers['strict-transport-security']).toMatch(/^max-age=\d+$/)
  expect(headers['server']).toBe('nginx')
})

test('it writes no query down: a query may name people', async () => {
  const { headers } = await ask('/auth?login_hint=202407010101&client_id=nobody')
  const name = String(headers['x-request-id'])
  await until('nginx has written its line', () => nginx.accessLog().includes(name))
  expect(nginx.accessLog()).not.toMatch(/login_hint|202407010101|code=/)
})

test('metrics and health are not to be reached through it', async () => {
  for (const path of ['/metrics', '/healthz', '/readyz', '//metrics', '/./readyz']) {
    const { status, text } = await ask(path)
    expect([path, status]).toEqual([path, 404])
    expect(text).not.toMatch(/campus_|"stores"|^ok$/m)
  }
  expect((await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).status).toBe(200)
})

test('browsers get HTTP/2, and those who come unencrypted are sent on', async () => {
  const session = connectHttp2(`https://127.0.0.1:${ports.https}`, {
    ca: readFileSync(nginx.certificateFile),
    servername: 'localhost',
  })
  const stream = session.request({ ':path': '/jwks', ':authority': `localhost:${ports.https}` })
  const status = await new Promise((resolve, reject) => {
    stream.once('response', (headers) => resolve(headers[':status'])).once('error', reject)
    session.once('error', reject)
  })
  session.destroy()
  expect(status).toBe(200)
  const { status: moved, headers } = await ask('/auth?a=b', { plain: true })
  expect([moved, headers.location]).toEqual([301, 'https://localhost/auth?a=b'])
})

test('another name gets no certificate and no answer', async () => {
  const options = { host: '127.0.0.1', port: ports.https, servername: 'evil.example', rejectUnauthorized: false }
  const answered = new Promise((resolve, reject) => requestHttps(options, resolve).once('error', reject).end())
  await expect(answered).rejects.toThrow(/unrecognized name|handshake/)
  const elsewhere = ask('/', { plain: true, headers: { host: 'evil.example' } })
  await expect(elsewhere).rejects.toThrow(/socket hang up|ECONNRESET/)
  // By the right name for TLS, and another one inside.
  await expect(ask('/jwks', { headers: { host: 'evil.example' } })).resolves.toMatchObject({ status: 404 })
})

test('bodies that are too large end at the proxy', async () => {
  expect((await ask('/token', { form: { grant_type: 'x'.repeat(1_100_000) } })).status).toBe(413)
})

test(
  'while the server is away it says so in two languages, and when to come again',
  async () => {
    await server.stop()
    const { status, headers, text } = await ask('/auth?login_hint=202407010101')
    // An error would be told together with the line of the request.
    expect(nginx.errorLog()).not.toContain('202407010101')
    expect([status, headers['retry-after'], headers['cache-control']]).toEqual([503, '5', 'no-store'])
    expect(text).toMatch(/正在恢复[\s\S]*try again/)
    server = await startCampusServer(installation)
    await until('the way is open again', async () => (await ask('/jwks')).status === 200)
  },
  MINUTES,
)
