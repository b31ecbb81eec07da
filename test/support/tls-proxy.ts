/** The proxy that stands before the server in life: it ends TLS, and says in headers who came and how. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface TlsProxy {
  /** The certificate, which is its own authority: for NODE_EXTRA_CA_CERTS. */
  certificateFile: string
  close(): Promise<void>
}

/** Listens as https://localhost:`port` and hands everything to http://127.0.0.1:`to`. Keeps its keys in `folder`. */
export async function startTlsProxy({
  port,
  to,
  folder,
}: {
  port: number
  to: number
  folder: string
}): Promise<TlsProxy> {
  const keyFile = join(folder, 'localhost.key')
  const certificateFile = join(folder, 'localhost.crt')
  await makeCertificate(keyFile, certificateFile)
  const identity = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) }
  const server = createServer(identity, (asked, answer) => passOn(asked, answer, to))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    certificateFile,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function makeCertificate(keyFile: string, certificateFile: string): Promise<void> {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const whom = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  const files = ['-keyout', keyFile, '-out', certificateFile]
  await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...whom, ...files])
}

function passOn(asked: IncomingMessage, answer: ServerResponse, to: number): void {
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-for': asked.socket.remoteAddress ?? '' }
  const headers = { ...asked.headers, ...forwarded }
  const passed = request(
    { host: '127.0.0.1', port: to, method: asked.method, path: asked.url, headers },
    (given: IncomingMessage) => {
      answer.writeHead(given.statusCode ?? 502, given.rawHeaders)
      given.pipe(answer)
    },
  )
  passed.on('error', () => answer.writeHead(502).end())
  asked.pipe(passed)
}
