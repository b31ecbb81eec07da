/**
 * The desk of a test run: it lives in Jest's own process and starts what all test files share when the first of them
 * asks, so that a run of plain unit tests starts nothing.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Server } from './own-server.ts'

/** Workers inherit it: the address of the desk. */
const VARIABLE = 'CAMPUS_TEST_DESK'

/** Jest calls this once for each of its projects; the first call opens the desk. */
export async function openDesk() {
  if (process.env[VARIABLE]) return
  let postgres: Promise<Server> | null = null
  const answers: Record<string, () => Promise<string>> = {
    '/postgres': async () => {
      postgres ??= import('./postgres-server.ts').then(({ startPostgres }) => startPostgres())
      return (await postgres).url
    },
    '/close': async () => {
      server.close()
      await (await postgres)?.stop()
      return 'closed'
    },
  }
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    // Kept alive, a connection that nobody uses would keep Jest from ending.
    response.setHeader('connection', 'close')
    const answer = answers[request.url ?? '']?.() ?? Promise.reject(new Error('the desk knows no such thing'))
    answer.then(
      (text) => response.end(text),
      (error: Error) => response.writeHead(500).end(error.message),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const { port } = server.address() as AddressInfo
  process.env[VARIABLE] = `http://127.0.0.1:${port}`
}

export async function closeDesk() {
  if (!process.env[VARIABLE]) return
  await ask('/close')
  delete process.env[VARIABLE]
}

/** The address of the PostgreSQL server that this run shares. */
export const sharedPostgres = () => ask('/postgres')

async function ask(what: string): Promise<string> {
  const desk = process.env[VARIABLE]
  if (!desk) throw new Error('no desk: test/support/start-services.ts opens it, as the globalSetup of Jest')
  const answer = await fetch(`${desk}${what}`, { method: 'POST' })
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return text
}
