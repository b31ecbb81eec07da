/**
 * The HTTP server itself: what it accepts before the app sees a request, what it answers when there is no request to
 * see, and how it stops without dropping one.
 */
import { createServer, type RequestListener, type Server, type ServerOptions, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Campus } from '../campus.ts'
import { freshRequestId } from './request-id.ts'
import { securityHeaders } from './security-headers.ts'

type Needs = Pick<Campus, 'config' | 'random' | 'log'>

/** Bounds on what a connection may cost: slow and large senders are cut off here, in front of everything else. */
export const serverLimits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  /** How often the two above are looked at; Node's own 30 s would make them mean 45. */
  connectionsCheckingInterval: 2_000,
  /** Longer than a proxy keeps its connections (nginx: 60 s): the side that closes first can drop a request. */
  keepAliveTimeout: 65_000,
  /** A missing Host is answered by the app, with our headers. */
  requireHostHeader: false,
} as const satisfies ServerOptions

const HEADERS_MAX = 100

export interface HouseServer {
  server: Server
  /** Resolves when the last answer has left, at the latest after `withinSeconds`. */
  stop(withinSeconds: number): Promise<void>
}

/** `listener` is the app's callback. Listening is the caller's part. */
export function createHttpServer(needs: Needs, listener: RequestListener): HouseServer {
  const server = createServer(serverLimits, listener)
  server.maxHeadersCount = HEADERS_MAX
  server.on('clientError', (error, socket) => answerUnreadable(needs, error, socket))
  server.on('checkExpectation', (_request, response) => {
    const headers = { ...securityHeaders(needs.config.issuer), 'X-Request-Id': freshRequestId(needs.random) }
    response.writeHead(417, { ...headers, Connection: 'close' }).end()
  })
  const connections = trackConnections(server)
  return { server, stop: (withinSeconds) => stop(server, connections, withinSeconds) }
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

/** How many requests each open connection is waiting for. Node does not tell a spare connection from a busy one. */
type Connections = Map<Socket, number>

function trackConnections(server: Server): Connections {
  const connections: Connections = new Map()
  server.on('connection', (socket) => {
    connections.set(socket, 0)
    socket.once('close', () => connections.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    connections.set(socket, (connections.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const waiting = connections.get(socket)
      if (waiting !== undefined) connections.set(socket, waiting - 1)
    })
  })
  return connections
}

/** For this long we answer as before, with `Connection: close`: a request that is on its way still finds us. */
const FAREWELL_MILLISECONDS = 300
/** A connection that waits for nothing at two of these in a row is spare. A new one has as long to say its wish. */
const SWEEP_MILLISECONDS = 250

async function stop(server: Server, connections: Connections, withinSeconds: number): Promise<void> {
  const deadline = setTimeout(() => server.closeAllConnections(), withinSeconds * 1000)
  await new Promise((resolve) => setTimeout(resolve, FAREWELL_MILLISECONDS))
  // Right after the event loop has taken in what had connected: the system resets whatever is left at a closed door.
  await new Promise((resolve) => setImmediate(resolve))
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  let spare: Socket[] = []
  const sweep = setInterval(() => {
    const idle = [...connections].filter(([, waiting]) => waiting === 0).map(([socket]) => socket)
    for (const socket of idle) if (spare.includes(socket)) socket.destroySoon()
    spare = idle
  }, SWEEP_MILLISECONDS)
  await closed
  clearInterval(sweep)
  clearTimeout(deadline)
}

/** Call `readiness.beginStopping()` first: it makes every answer say `Connection: close`. */
export async function stopGracefully(
  servers: readonly HouseServer[],
  { withinSeconds }: { withinSeconds: number },
): Promise<void> {
  await Promise.all(servers.map((server) => server.stop(withinSeconds)))
}
