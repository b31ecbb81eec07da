import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from '@jest/globals'
import { freePort } from './free-port.ts'
import { startTlsProxy } from './tls-proxy.ts'

test('the proxy ends TLS under a certificate that can be checked, and says how the request came', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'campus-tls-'))
  const behind = createServer((asked, answer) => {
    answer.writeHead(418, { 'set-cookie': ['one=1', 'two=2'] }).end(JSON.stringify(asked.headers))
  }).listen(0, '127.0.0.1')
  await once(behind, 'listening')
  const port = await freePort()
  const proxy = await startTlsProxy({ port, to: (behind.address() as AddressInfo).port, folder })

  const asked = get(`https://localhost:${port}/`, { ca: readFileSync(proxy.certificateFile), agent: false })
  const [answer] = await once(asked, 'response')
  expect(answer.statusCode).toBe(418)
  expect(answer.headers['set-cookie']).toEqual(['one=1', 'two=2'])
  expect(JSON.parse(await text(answer))).toMatchObject({
    host: `localhost:${port}`,
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '127.0.0.1',
  })

  await proxy.close()
  behind.closeAllConnections()
  behind.close()
  rmSync(folder, { recursive: true })
})
