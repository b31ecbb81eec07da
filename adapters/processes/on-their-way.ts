import type { Worker } from 'node:cluster'

/**
 * Closes the connections that were on their way to a worker which died. node:cluster keeps each of them open until the
 * worker has said that it took it, for ever where nobody is left to say so, and whoever opened it would wait as long.
 * One that is closed is opened again at once, by a proxy or a browser. Node tells nobody of these connections: they are
 * seen as they are sent, one at a time for each socket that listens.
 */
export function closeWhatIsOnItsWay(worker: Worker): void {
  const latest = new Map<string, Connection>()
  worker.process.send = new Proxy(worker.process.send, {
    apply(send, process, [message, connection, ...others]: unknown[]) {
      if (isHandingOver(message) && isConnection(connection)) latest.set(message.key, connection)
      return Reflect.apply(send, process, [message, connection, ...others])
    },
  })
  worker.once('exit', (code: number | null) => {
    // Whoever ends in good order has given back what came too late, and it may be on its way to somebody else.
    if (code === 0) return
    // Closing one that was taken long ago does nothing.
    for (const connection of latest.values()) connection.close()
  })
}

interface Connection {
  close(): void
}

function isConnection(value: unknown): value is Connection {
  return typeof value === 'object' && value !== null && 'close' in value && typeof value.close === 'function'
}

function isHandingOver(message: unknown): message is { key: string } {
  if (typeof message !== 'object' || message === null) return false
  return 'act' in message && message.act === 'newconn' && 'key' in message && typeof message.key === 'string'
}
