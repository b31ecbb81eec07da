/**
 * The HTTP server itself: what it accepts before the app sees a request, and what it answers when there is no request
 * to see. How it ends without dropping one stands in stopping.ts.
 */
import { createServer, type RequestListener, type Server, type ServerOptions, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Campus } from '../campus.ts'
import { freshRequestId } from './request-id.ts'
import { securityHeaders } from './security-headers.ts'
import { closing, type Stoppable } from './stopping.ts'

type Needs = Pick<Campus, 'config' | 'random' | 'log'>

export const KEEP_ALIVE_SECONDS = 65

/** Bounds on what a connection may cost: slow and large senders are cut off here, in front of everything else. */
export const serverLimits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  /** How often the two above are looked at; Node's own 30 s would make them mean 45. */
  connectionsCheckingInterval: 2_000,
  /** Longer than a proxy keeps its connections (nginx: 60 s): the side that closes first can drop a request. */
  keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
  /** A missing Host is answered by the app, with our headers. */
  requireHostHeader: false,
} as const satisfies ServerOptions

const HEADERS_MAX = 100
/** A connection on which nothing moves: above all one whose answers nobody reads. */
const STILL_MILLISECONDS_MAX = 120_000

/** For tests, which do not wait as long. */
export interface Limits {
  options: ServerOptions
  stillMillisecondsMax: number
}

export interface HouseServer extends Stoppable {
  server: Server
}

/** `listener` is the app's callback. Listening is the caller's part. */
export function createHttpServer(
  needs: Needs,
  listener: RequestListener,
  { options, stillMillisecondsMax }: Limits = { options: serverLimits, stillMillisecondsMax: STILL_MILLISECONDS_MAX },
): HouseServer {
  const server = createServer(options, listener)
  server.maxHeadersCount = HEADERS_MAX
  server.timeout = stillMillisecondsMax
  server.on('clientError', (error, socket) => answerUnreadable(needs, error, socket))
  server.on('checkExpectation', (_request, response) => {
    const headers = { ...securityHeaders(needs.config.issuer), 'X-Request-Id': freshRequestId(needs.random) }
    response.writeHead(417, { ...headers, Connection: 'close' }).end()
  })
  return { server, ...closing(server) }
}

const STATUS_OF_ERROR = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
])

/** There is no request to give to the app, so the answer is written by hand. */
function answerUnreadable({ config, random, log }: Needs, error: Error & { code?: string }, socket: Duplex): void {
  // After the first byte of an answer a second one would be read as part of it.
  if (error.code === 'ECONNRESET' || !socket.writable || hasSpoken(socket)) {
    socket.destroy()
    return
  }
  const status = STATUS_OF_ERROR.get(error.code ?? '') ?? 400
  const request = freshRequestId(random)
  log.info({ request, status, code: error.code }, 'unreadable request')
  const body = `${JSON.stringify({ error: 'malformed_request', request_id: request })}\n`
  const headers = {
    ...securityHeaders(config.issuer),
    'X-Request-Id': request,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'))
}

function hasSpoken(socket: Duplex): boolean {
  return 'bytesWritten' in socket && socket.bytesWritten !== 0
}
