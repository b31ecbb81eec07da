import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { afterEach, expect, test } from '@jest/globals'
import { createOutboundFetch } from './fetch.ts'

const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

/** A relying party on loopback, and how many connections it saw. */
async function relyingParty(listener: RequestListener) {
  const server = createServer(listener)
  const seen = { connections: 0 }
  server.on('connection', () => seen.connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  endings.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { seen, port: typeof address === 'object' && address ? address.port : 0 }
}

function outbound(...allowedNetworks: string[]) {
  const { fetch, close } = createOutboundFetch({ allowedNetworks })
  endings.push(close)
  return fetch
}

test('a relying party in a listed network is reached, with the request as it was made', async () => {
  const { port } = await relyingParty((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => response.end(`${request.method} ${request.headers['content-type']} ${body}`))
  })
  const answer = await outbound('127.0.0.0/8')(`http://127.0.0.1:${port}/backchannel-logout`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ logout_token: 'a.b.c' }),
  })
  expect(answer.status).toBe(200)
  expect(await answer.text()).toBe('POST application/x-www-form-urlencoded logout_token=a.b.c')
})

test.each([
  'http://127.0.0.1:PORT/',
  'http://localhost:PORT/',
  'http://[::1]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://2130706433:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://0.0.0.0:PORT/',
  'http://[64:ff9b::7f00:1]:PORT/',
  'http://10.0.0.1/',
  'http://192.168.1.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://100.64.0.1/',
  'http://[fd00::1]/',
  'http://[fe80::1]/',
  'file:///etc/hostname',
])('%s is not reached, and not even connected to, where no network is listed', async (address) => {
  const { port, seen } = await relyingParty((_request, response) => response.end())
  await expect(outbound()(address.replace('PORT', String(port)), {})).rejects.toThrow()
  expect(seen.connections).toBe(0)
})

test('a redirect is answered as it is and not followed', async () => {
  const { port, seen } = await relyingParty((_request, response) => {
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  const answer = await outbound('127.0.0.0/8')(`http://127.0.0.1:${port}/`, {})
  expect(answer.status).toBe(302)
  expect(seen.connections).toBe(1)
})

test('an answer without a body stays without one', async () => {
  const { port } = await relyingParty((_request, response) => {
    response.writeHead(204).end()
  })
  const answer = await outbound('127.0.0.0/8')(`http://127.0.0.1:${port}/`, {})
  expect([answer.status, answer.body]).toEqual([204, null])
})

test('an answer that is too long is cut off, long before it ends', async () => {
  let poured = 0
  const { port } = await relyingParty((_request, response) => {
    const pour = () => {
      do poured += 16 * 1024
      while (response.write('x'.repeat(16 * 1024)))
    }
    response.on('drain', pour)
    pour()
  })
  await expect(outbound('127.0.0.0/8')(`http://127.0.0.1:${port}/`, {})).rejects.toThrow('longer than 65536 bytes')
  // What the sockets' buffers swallow is not ours to bound.
  expect(poured).toBeLessThan(16 * 1024 * 1024)
})

test('a caller who gives up is obeyed', async () => {
  const { port } = await relyingParty(() => undefined)
  const giveUp = AbortSignal.abort(new Error('enough'))
  await expect(outbound('127.0.0.0/8')(`http://127.0.0.1:${port}/`, { signal: giveUp })).rejects.toThrow('enough')
})
