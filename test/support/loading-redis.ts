import { once } from 'node:events'
import { createServer } from 'node:net'

export interface LoadingRedis {
  port: number
  /** What it was asked so far, in capitals. */
  asked(): string[]
  stop(): Promise<void>
}

/**
 * Speaks as a Redis that reads a large file at its start: once to whoever asks how it is, with a guess at the end that
 * lies far away, as Redis guesses right after its start. From the second time on it is done.
 */
export async function startLoadingRedis({ guessSeconds }: { guessSeconds: number }): Promise<LoadingRedis> {
  const asked: string[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      for (const [, word = ''] of String(chunk).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
        const command = word.toUpperCase()
        asked.push(command)
        socket.write(command === 'INFO' ? info() : '+OK\r\n')
      }
    })
  })
  const info = () => {
    const isLoading = asked.filter((command) => command === 'INFO').length === 1
    const text = isLoading ? `loading:1\r\nloading_eta_seconds:${guessSeconds}\r\n` : 'loading:0\r\n'
    return `$${text.length}\r\n${text}\r\n`
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  return {
    port: address.port,
    asked: () => [...asked],
    async stop() {
      server.close()
      await once(server, 'close')
    },
  }
}
