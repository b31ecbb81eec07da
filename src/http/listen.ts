import { lookup } from 'node:dns/promises'
import { createServer, type Server } from 'node:net'

/** null means loopback only, and `localhost` has two addresses there: a browser may try either first. */
export async function listenAddresses(host: string | null): Promise<string[]> {
  if (host !== null) return [host]
  const found = await lookup('localhost', { all: true })
  const loopback = found.map(({ address }) => address).filter((address) => /^127\.|^::1$/.test(address))
  return [...new Set(['127.0.0.1', ...loopback])]
}

/** Which variable an operator changes where the port is somebody else's. */
interface Named {
  variable?: string
}

/** All of them, or none: rejects with a sentence that says what to do where the port is somebody else's. */
export async function listen(
  servers: readonly { host: string; server: Server }[],
  port: number,
  { variable = 'PORT' }: Named = {},
): Promise<void> {
  try {
    for (const { host, server } of servers) await listenOn(server, host, port, variable)
  } catch (error) {
    for (const { server } of servers) server.close()
    throw error
  }
}

/**
 * Rejects as `listen` would. For a start that touches its stores long before it opens its doors: where it cannot listen
 * it should change nothing.
 */
export async function expectFree(hosts: readonly string[], ports: readonly number[], named: Named = {}): Promise<void> {
  for (const port of ports) {
    const probes = hosts.map((host) => ({ host, server: createServer() }))
    await listen(probes, port, named)
    await Promise.all(probes.map(({ server }) => new Promise((resolve) => server.close(resolve))))
  }
}

export function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

async function listenOn(server: Server, host: string, port: number, variable: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? taken(host, port, variable) : error)
    server.once('error', refuse)
    server.listen({ host, port }, () => {
      server.off('error', refuse)
      resolve()
    })
  })
}

function taken(host: string, port: number, variable: string): Error {
  const message = `The address ${addressOf(host, port)} is taken: set ${variable}, or stop what listens there.`
  return Object.assign(new Error(message), { code: 'EADDRINUSE' })
}
