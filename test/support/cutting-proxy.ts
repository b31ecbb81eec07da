import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './free-port.ts'

export interface CuttingProxy {
  readonly port: number
  /** How many clients are connected now. */
  readonly connections: number
  /**
   * Forwards the next request (the next that contains `containing`), and when the reply to it has come, so that its
   * effect certainly took place, cuts the client off instead of passing the reply on. Resolves when that has happened.
   */
  loseNextReply(containing?: string): Promise<void>
  /** Cuts every client off; new ones are welcome. */
  cut(): void
  /** Nothing passes in either direction, nothing is closed; `resume` lets what waited pass. */
  hang(): void
  /** Cuts every client off and refuses new ones until `resume`. */
  refuse(): Promise<void>
  resume(): Promise<void>
  stop(): Promise<void>
}

interface Pair {
  client: Socket
  target: Socket
}

interface Loss {
  containing: string
  happened: () => void
}

/** Stands between a client and a server on 127.0.0.1, and does to their connection what networks do. */
export async function startCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const pairs = new Set<Pair>()
  const losses: Loss[] = []
  let hanging = false
  const port = await freePort()

  const server: Server = createServer({ noDelay: true }, (client) => {
    const pair = { client, target: connect({ port: targetPort, host: '127.0.0.1', noDelay: true }) }
    pairs.add(pair)
    join(pair, losses, () => pairs.delete(pair))
    if (hanging) pause(pair)
  })
  const listen = async () => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const cut = () => {
    for (const pair of pairs) end(pair)
  }
  const refuse = async () => {
    if (!server.listening) return
    server.close()
    cut()
    await once(server, 'close')
  }
  await listen()
  return {
    port,
    get connections() {
      return pairs.size
    },
    loseNextReply: (containing = '') =>
      new Promise((resolve) => {
        losses.push({ containing, happened: resolve })
      }),
    cut,
    hang() {
      hanging = true
      for (const pair of pairs) pause(pair)
    },
    refuse,
    async resume() {
      hanging = false
      for (const { client, target } of pairs) {
        client.resume()
        target.resume()
      }
      if (!server.listening) await listen()
    },
    stop: refuse,
  }
}

function join(pair: Pair, losses: Loss[], ended: () => void) {
  const { client, target } = pair
  let losing: Loss | null = null
  client.on('data', (request: Buffer) => {
    const index = losses.findIndex(({ containing }) => request.includes(containing))
    if (index >= 0) losing = losses.splice(index, 1)[0] ?? null
    target.write(request)
  })
  target.on('data', (reply: Buffer) => {
    if (losing) {
      end(pair)
      losing.happened()
      losing = null
    } else {
      client.write(reply)
    }
  })
  for (const socket of [client, target]) {
    socket.on('error', () => end(pair))
    socket.on('close', () => {
      end(pair)
      ended()
    })
  }
}

function pause({ client, target }: Pair) {
  client.pause()
  target.pause()
}

/** As a crash would: what was not delivered yet is lost, and the other side sees a reset. */
function end({ client, target }: Pair) {
  for (const socket of [client, target]) {
    // libuv refuses to reset a socket that is saying goodbye; its handle would stay, and keep this process from ending.
    if (socket.readableEnded || socket.writableEnded) socket.destroy()
    else socket.resetAndDestroy()
  }
}
