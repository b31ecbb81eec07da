/** The whole HTTP house on a loopback port, with rooms and a provider that the test brings. */
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingHttpHeaders, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Middleware } from 'koa'
import { pino } from 'pino'
import { createApp } from '../../src/app.ts'
import type { Randomness } from '../../src/campus.ts'
import type { Config } from '../../src/config.ts'
import { documentsFirst, type PublicDocuments } from '../../src/http/public-documents.ts'
import { createReadiness, type Readiness, type StorePings } from '../../src/http/readiness.ts'
import type { Room } from '../../src/http/room.ts'
import { createHttpServer, type HouseServer, type Limits } from '../../src/http/server.ts'
import type { Keyrings } from '../../src/keys/keys.ts'
import { loadAssets } from '../../src/pages/assets.ts'
import { noTracing, type Tracing } from '../../src/tracing/tracing.ts'
import { type RecordedMetrics, recordedMetrics } from './recorded-metrics.ts'
import { sampleConfig } from './sample-config.ts'
import { sampleKeyrings } from './sample-keyrings.ts'

const clock = () => new Date()
const random: Randomness = {
  token: (bytes) => randomBytes(bytes).toString('base64url'),
  uuid: () => randomUUID(),
}

export interface Sent {
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export interface House {
  port: number
  config: Config
  readiness: Readiness
  server: HouseServer
  /** Parsed log lines, oldest first. */
  lines: Record<string, unknown>[]
  metrics: RecordedMetrics
  /** With the issuer's Host and nothing else, unless the headers say otherwise. */
  send(path: string, sent?: Sent): Promise<Answer>
  /** As a form of our own page posts it. */
  post(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Answer>
  /** Bytes as they are; answers everything that comes back until the connection ends. */
  raw(bytes: string): Promise<string>
  close(): Promise<void>
}

interface Inside {
  rooms?: readonly Room[]
  provider?: Middleware
  startAgain?: Middleware
  directAnswers?: Middleware
  config?: Partial<Config>
  pings?: StorePings
  port?: number
  /** Where others count as well. */
  metrics?: RecordedMetrics
  limits?: Limits
  keyrings?: Keyrings
  tracing?: Tracing
  documents?: PublicDocuments
}

export async function openHouse({
  rooms = [],
  provider = passOn,
  directAnswers = passOn,
  startAgain = passOn,
  config: changes,
  pings = {},
  port = 0,
  metrics = recordedMetrics(),
  limits,
  keyrings = sampleKeyrings(),
  tracing = noTracing,
  documents = () => null,
}: Inside = {}): Promise<House> {
  const config = sampleConfig(changes)
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'trace' }, keepLines(lines))
  const readiness = createReadiness({ pings, clock })
  const needs = { config, clock, random, log, keyrings, metrics: metrics.metrics, tracing }
  const oidc = { middleware: provider, directAnswers, startAgain }
  const app = createApp(needs, { oidc, rooms, readiness, assets: loadAssets() })
  const listener = documentsFirst(needs, { documents, readiness, maxAgeSeconds: 300 }, app.callback())
  const server = createHttpServer(needs, listener, limits)
  server.server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  readiness.becomeReady()
  const { port: bound } = server.server.address() as AddressInfo
  const { host, origin } = new URL(config.issuer)

  const send: House['send'] = async (path, { method = 'GET', headers = {}, body } = {}) => {
    const sending = request({
      host: '127.0.0.1',
      port: bound,
      path,
      method,
      headers: { host, ...headers },
      agent: false,
    })
    sending.end(body)
    const [response] = await once(sending, 'response')
    return { status: response.statusCode, headers: response.headers, body: await text(response) }
  }

  return {
    port: bound,
    config,
    readiness,
    server,
    lines,
    metrics,
    send,
    post: (path, fields, headers = {}) =>
      send(path, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html', ...headers },
        body: new URLSearchParams(fields).toString(),
      }),
    raw: async (bytes) => {
      const socket = connect(bound, '127.0.0.1')
      socket.write(bytes)
      return text(socket)
    },
    close: async () => {
      server.server.closeAllConnections()
      server.server.close()
      await once(server.server, 'close')
    },
  }
}

const passOn: Middleware = (_ctx, next) => next()

function keepLines(lines: Record<string, unknown>[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
}
