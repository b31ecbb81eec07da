/** How an HTTP server ends without dropping a request: at once, as far as that goes, or as patiently as it was open. */
import type { Server } from 'node:http'
import { type Socket, Server as SocketServer } from 'node:net'

/** For each of these every answer has to say `Connection: close`: see `closeOnLeaving` in health.ts. */
export interface Stoppable {
  /** The server is going: resolves when the last answer has left, at the latest after `withinSeconds`. */
  stop(withinSeconds: number): Promise<void>
  /**
   * Others go on in this one's place: takes no new connection, and closes none that is spare before its time is over,
   * as its sender was promised. Resolves when the last one has ended, or is left to `stop` after `withinSeconds`, or as
   * soon as `hurried` resolves.
   */
  leave(options: { withinSeconds: number; hurried: Promise<void> }): Promise<void>
}

/** How many requests each open connection is waiting for. Node does not tell a spare connection from a busy one. */
type Connections = Map<Socket, number>

export function closing(server: Server): Stoppable {
  const connections = trackConnections(server)
  const closed = new Promise<void>((resolve) => server.once('close', resolve))
  return {
    stop: (withinSeconds) => stop(server, { connections, closed, withinSeconds }),
    leave: ({ withinSeconds, hurried }) => leave(server, { closed, withinSeconds, hurried }),
  }
}

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

interface Stop {
  connections: Connections
  closed: Promise<void>
  withinSeconds: number
}

async function stop(server: Server, { connections, closed, withinSeconds }: Stop): Promise<void> {
  const deadline = setTimeout(() => server.closeAllConnections(), withinSeconds * 1000)
  if (server.listening) {
    await new Promise((resolve) => setTimeout(resolve, FAREWELL_MILLISECONDS))
    // Right after the event loop has taken in what had connected: the system resets whatever is left at a closed door.
    await new Promise((resolve) => setImmediate(resolve))
    closeDoor(server)
  }
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

interface Leave {
  closed: Promise<void>
  withinSeconds: number
  hurried: Promise<void>
}

async function leave(server: Server, { closed, withinSeconds, hurried }: Leave): Promise<void> {
  closeDoor(server)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, withinSeconds * 1000)
  })
  await Promise.race([closed, late, hurried])
  clearTimeout(timer)
}

/**
 * An HTTP server's own `close` also hangs up on every connection that is spare at this moment, on which the next
 * request may be on its way, and forgets the limits of slow senders.
 */
function closeDoor(server: Server): void {
  SocketServer.prototype.close.call(server)
}
