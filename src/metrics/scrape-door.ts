import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { addressOf, listen } from '../http/listen.ts'
import { serverLimits } from '../http/server.ts'

const ADDRESS = '/metrics'
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
/** One or two scrapers ask each every few seconds. */
const CONNECTIONS_MAX = 32

const HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }

export interface ScrapeDoor {
  /** The address that is listened on. */
  listening: string
  close(): Promise<void>
}

/**
 * A port of its own for Prometheus, apart from the doors that people and relying parties use: what is counted is nobody
 * else's business. `write` answers Prometheus' text format. Rejects with a sentence where the port is somebody else's.
 */
export async function openScrapeDoor(
  { host, port }: NonNullable<Config['metrics']>,
  log: Pick<Logger, 'error'>,
  write: () => Promise<string>,
): Promise<ScrapeDoor> {
  /** Those who ask at once get one answer: each costs a tour of all processes. */
  let underway: Promise<string> | null = null

  function text(): Promise<string> {
    underway ??= write().finally(() => {
      underway = null
    })
    return underway
  }

  async function answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    const isAsked = (method === 'GET' || method === 'HEAD') && url === ADDRESS
    if (!isAsked) return end(response, 404, 'not found\n', 'text/plain; charset=utf-8')
    try {
      end(response, 200, await text(), CONTENT_TYPE)
    } catch (error) {
      log.error({ err: error }, 'the metrics could not be written')
      end(response, 503, 'unavailable\n', 'text/plain; charset=utf-8')
    }
  }

  const server = createServer(serverLimits, (request, response) => void answer(request, response))
  server.maxConnections = CONNECTIONS_MAX
  await listen([{ host, server }], port, { variable: 'METRICS_PORT' })
  return {
    listening: addressOf(host, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Node leaves the body of an answer to HEAD away by itself. */
function end(response: ServerResponse, status: number, body: string, type: string): void {
  const headers = { ...HEADERS, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }
  response.writeHead(status, headers).end(body)
}
