/** Whatever a request says about the host that it was meant for, every address that we give out is the issuer's. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

const EVIL = 'evil.example'

let world: ProviderWorld
let visitor: Visitor
let page: string
beforeAll(async () => {
  world = await openProviderWorld({ clients: [sampleClient('library')] })
  visitor = newVisitor(world)
  page = locationOf(await visitor.authorize())?.pathname ?? ''
})
afterAll(() => world?.close())

const FORWARDED: Record<string, string>[] = [
  ...['x-forwarded-host', 'x-host', 'x-original-host', 'x-forwarded-server', 'x-http-host-override', 'forwarded-host'],
]
  .map((name) => ({ [name]: EVIL }))
  .concat([
    { forwarded: `host=${EVIL}` },
    { forwarded: `for=192.0.2.1;host="${EVIL}";proto=http` },
    { forwarded: `host=localhost, host=${EVIL}` },
    { 'x-forwarded-host': `localhost, ${EVIL}` },
    { 'x-forwarded-host': `${EVIL}, localhost` },
    { 'x-forwarded-host': `localhost@${EVIL}` },
    { 'x-forwarded-proto': 'javascript', 'x-forwarded-host': EVIL },
    { 'x-forwarded-port': '6666', 'x-forwarded-host': EVIL },
    { 'x-forwarded-prefix': `//${EVIL}` },
    { 'x-original-url': `http://${EVIL}/` },
    { 'x-rewrite-url': `//${EVIL}/` },
    { referer: `https://${EVIL}/` },
    { via: `1.1 ${EVIL}` },
    { 'x-forwarded-for': EVIL, 'x-real-ip': EVIL },
  ])

const addresses = () => [
  '/.well-known/openid-configuration',
  '/jwks',
  visitor.authorizationAddress(),
  visitor.authorizationAddress({ params: { prompt: 'none' } }),
  '/auth?client_id=nobody',
  '/session/end',
  '/session/end/success',
  page,
  '/interaction/unknown',
  '/nothing-here',
  '/',
  '/me',
]

const emitted = ({ headers, body }: { headers: object; body: string }) => `${JSON.stringify(headers)}${body}`

describe.each(FORWARDED)('with %j', (headers) => {
  test('no address of another host is given out', async () => {
    for (const address of addresses()) {
      const answer = await world.house.send(address, { headers: { accept: 'text/html', ...headers } })
      expect(emitted(answer)).not.toContain(EVIL)
      expect(answer.status).toBeLessThan(500)
      const { location } = answer.headers
      if (location !== undefined) expect(new URL(location, world.issuer).hostname).not.toBe(EVIL)
    }
  })

  test('a token is answered, or refused, with nothing of it', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers }
    for (const path of ['/token', '/request', '/token/introspection', '/token/revocation', `${page}/sign-in`]) {
      const answer = await world.house.send(path, { method: 'POST', headers: form, body: 'grant_type=x' })
      expect(emitted(answer)).not.toContain(EVIL)
      expect(answer.status).toBeLessThan(500)
    }
  })
})

const HOSTS = [
  'evil.example',
  'localhost.evil.example',
  'evil.example:80',
  'localhost@evil.example',
  '127.0.0.1',
  '[::1]',
]

test.each([...HOSTS, 'localhost.', 'LOCALHOST.evil.example', 'localhost:1', ''])(
  'Host: %j is turned away',
  async (host) => {
    for (const address of addresses()) {
      const answer = await world.house.raw(`GET ${address} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
      expect(answer).not.toContain('evil')
      expect(answer).not.toMatch(/^location:/im)
    }
  },
)

test('an absolute target, a second Host and a folded one change nothing', async () => {
  const own = new URL(world.issuer).host
  const requests = [
    `GET http://${EVIL}/.well-known/openid-configuration HTTP/1.1\r\nHost: ${own}\r\n`,
    `GET //${EVIL}/.well-known/openid-configuration HTTP/1.1\r\nHost: ${own}\r\n`,
    `GET /.well-known/openid-configuration HTTP/1.1\r\nHost: ${own}\r\nHost: ${EVIL}\r\n`,
    `GET /.well-known/openid-configuration HTTP/1.1\r\nHost: ${own}\r\n ${EVIL}\r\n`,
    `GET /.well-known/openid-configuration HTTP/1.0\r\n`,
  ]
  for (const request of requests) {
    const answer = await world.house.raw(`${request}Connection: close\r\n\r\n`)
    expect(answer).not.toContain(EVIL)
    expect(answer).not.toMatch(/^HTTP\/1\.1 5/)
  }
})
