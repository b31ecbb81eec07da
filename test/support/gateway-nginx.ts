/** The nginx of examples/gateway, and behind it an API that repeats what it is told about its caller. */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { startOwnNginx } from './nginx.ts'
import { ownFolder } from './own-folder.ts'

const TEMPLATE = 'examples/gateway/nginx.conf.template'

export interface NginxBefore {
  url: string
  stop(): Promise<void>
}

export async function startGatewayNginx({ gateway }: { gateway: string }): Promise<NginxBefore> {
  const [port, apiPort] = [await freePort(), await freePort()]
  const api = createServer(({ headers }, response) => {
    const { 'x-client-id': client = null, 'x-subject': subject = null, authorization = null } = headers
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ client, subject, authorization }))
  }).listen(apiPort, '127.0.0.1')
  await once(api, 'listening')
  const values: Record<string, string> = {
    LISTEN: `127.0.0.1:${port}`,
    GATEWAY: gateway,
    API: `127.0.0.1:${apiPort}`,
  }
  const { path: folder, remove } = ownFolder()
  const server = readFileSync(TEMPLATE, 'utf8').replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
  writeFileSync(join(folder, 'gateway.conf'), server)
  const nginx = await startOwnNginx({ folder, include: 'gateway.conf', port })
  return {
    url: `http://127.0.0.1:${port}/`,
    async stop() {
      await nginx.kill('SIGTERM')
      api.close()
      api.closeAllConnections()
      await remove()
    },
  }
}
