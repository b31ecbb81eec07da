import { lookup } from 'node:dns/promises'
import type { Server } from 'node:net'

/** null means loopback only, and `localhost` has two addresses there: a browser may try either first. */
export async function listenAddresses(host: string | null): Promise<string[]> {
  if (host !== null) return [host]
  const found = await lookup('localhost', { all: true })
  const loopback = found.map(({ address }) => address).filter((address) => /^127\.|^::1$/.test(address))
  return [...new Set(['127.0.0.1', ...loopback])]
}

/** Rejects, with a sentence that says what to do, where the port is somebody else's. */
export async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
