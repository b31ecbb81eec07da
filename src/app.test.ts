import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, type House, openHouse } from '../test/support/house.ts'
import { refusals } from './errors.ts'
import type { Room } from './http/room.ts'

const room: Room = {
  mount(router) {
    router.get('/things/:id', (ctx) => {
      ctx.body = { address: ctx.ip, href: ctx.href, host: ctx.host, secure: ctx.secure }
    })
    router.post('/things/:id', (ctx) => {
      ctx.body = 'changed'
    })
    router.delete('/things/:id', (ctx) => {
      ctx.body = 'removed'
    })
    router.get('/refusing', () => {
      throw refusals.tooManyRequests(7)
    })
    router.get('/busy', () => {
      throw Object.assign(new Error('redis does not answer'), { unavailable: 'redis', retryAfterSeconds: 2 })
    })
    router.get('/broken', () => {
      throw new Error('a bug with a secret in it')
    })
    router.get('/unwritable', (ctx) => {
      ctx.body = { number: 1n }
    })
    router.get('/unreadable/:what', (ctx) => ctx.throw(400, 'expose me'))
  },
}

let house: House
beforeAll(async () => {
  house = await openHouse({
    rooms: [room],
    config: { trustedProxies: ['127.0.0.0/8'] },
    pings: { postgres: async () => {}, redis: () => Promise.reject(new Error('down')) },
    provider: async (ctx, next) => {
      if (/^\/session\/end\/confirm\/?$/i.test(ctx.path)) ctx.body = 'left'
      else if (ctx.path === '/auth') ctx.body = 'an authorization'
      else await next()
    },
  })
})
afterAll(() => house.close())

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

function expectSecured({ headers }: Answer): void {
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /)
  expect(headers['content-security-policy']).not.toMatch(/unsafe|form-action/)
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'strict-origin',
    'strict-transport-security': 'max-age=63072000',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': expect.stringContaining('camera=()'),
  })
}

describe('headers', () => {
  test.each([
    ['a page', '/things/1', {}, 200],
    ['an address that does not exist', '/nowhere', html, 404],
    ['an asset that does not exist', '/assets/style.0.css', html, 404],
    ['another method', '/refusing', { method: 'PUT', origin: 'https://id.school.example' }, 405],
    ['a foreign form', '/things/1', { method: 'POST' }, 403],
    ['an unknown host', '/things/1', { host: 'evil.example' }, 421],
    ['a refusal with a wait', '/refusing', html, 429],
    ['a dependency that is down', '/busy', html, 503],
    ['a bug', '/broken', html, 500],
    ['an answer that cannot be written', '/unwritable', html, 500],
    ['health', '/healthz', { host: '10.0.0.7:3000' }, 200],
    ['readiness', '/readyz', { host: '10.0.0.7:3000' }, 200],
    ['a health check', '/healthz', { method: 'HEAD' }, 200],
  ])('stand on %s', async (_what, path, { method = 'GET', ...headers }: Record<string, string>, status) => {
    const answer = await house.send(path, { method, headers })
    expect(answer.status).toBe(status)
    expectSecured(answer)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers['cross-origin-opener-policy']).toBe('same-origin')
  })

  test.each(['/auth', '/AUTH', '/auth/abc', '/interaction/abc', '/interaction/abc/password'])(
    'leave the opener of a popup alone at %s',
    async (path) => {
      const answer = await house.send(path)
      expect(answer.headers['cross-origin-opener-policy']).toBeUndefined()
      expectSecured(answer)
    },
  )

  test('promise https only where the issuer has it', async () => {
    const plain = await openHouse({ config: { issuer: 'http://localhost:3000' } })
    const { headers } = await plain.send('/healthz')
    await plain.close()
    expect(headers['strict-transport-security']).toBeUndefined()
  })
})

describe('the host', () => {
  test.each(['id.school.example', 'ID.School.Example', 'id.school.example:443'])('%s is ours', async (host) => {
    expect((await house.send('/things/1', { headers: { host } })).status).toBe(200)
  })

  test.each([
    'evil.example',
    'id.school.example.evil.example',
    'id.school.example:444',
    'evil@id.school.example',
    'id.school.example@evil.example',
    'id.school.example, evil.example',
    '',
  ])('%p is not', async (host) => {
    expect((await house.send('/things/1', { headers: { host } })).status).toBe(421)
  })

  test('comes from the issuer, whatever the headers say', async () => {
    const headers = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example;proto=http',
      'x-host': 'evil.example',
    }
    const { body } = await house.send('/things/1', { headers })
    expect(JSON.parse(body)).toMatchObject({
      href: 'https://id.school.example/things/1',
      host: 'id.school.example',
      secure: true,
    })
  })

  test('cannot be smuggled in by an absolute address or a second header', async () => {
    expect((await house.send('http://evil.example/things/1')).status).toBe(400)
    const hosts = 'Host: id.school.example\r\nHost: evil.example'
    expect(await house.raw(`GET /things/1 HTTP/1.1\r\n${hosts}\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 421 /,
    )
    expect(await house.raw('GET /things/1 HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 421 /)
  })

  test('is told on its page, with the right address', async () => {
    const { body } = await house.send('/things/1', { headers: { ...html, host: 'evil.example' } })
    expect(body).toContain('href="https://id.school.example/"')
    expect(body).not.toContain('evil.example')
  })
})

describe('the address of the sender', () => {
  const addressWith = async (headers: Record<string, string>) =>
    JSON.parse((await house.send('/things/1', { headers })).body).address

  test('is the rightmost hop that is not a proxy of ours', async () => {
    expect(await addressWith({ 'x-forwarded-for': '198.51.100.1, 203.0.113.9, 127.0.0.2' })).toBe('203.0.113.9')
  })

  test('is the peer, whatever it claims, when no proxy was named', async () => {
    const bare = await openHouse({ rooms: [room] })
    const { body } = await bare.send('/things/1', { headers: { 'x-forwarded-for': '203.0.113.9' } })
    await bare.close()
    expect(JSON.parse(body).address).toBe('127.0.0.1')
  })
})

describe('the request id', () => {
  test('leads from what a person sees to the log, where the bug stands with its stack', async () => {
    const { headers, body } = await house.send('/broken', { headers: html })
    const id = headers['x-request-id']
    expect(body).toContain(id)
    expect(body).not.toMatch(/a bug with|\.ts:|stack/)
    const line = house.lines.find(({ request, level }) => request === id && level === 50)
    expect(line).toMatchObject({ code: 'internal_error', err: { stack: expect.stringContaining('a bug with') } })
  })
})

describe('errors', () => {
  test('are a page for a browser and JSON for a machine', async () => {
    const page = await house.send('/refusing', { headers: { ...html, 'accept-language': 'en' } })
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'retry-after': '7' })
    expect(page.body).toContain('try again in 7 seconds')
    const json = await house.send('/refusing', { headers: { accept: '*/*' } })
    expect(JSON.parse(json.body)).toEqual({
      error: 'too_many_requests',
      request_id: json.headers['x-request-id'],
    })
  })

  test('say when to come back if a store does not answer, and which one only to the log', async () => {
    const { headers, body } = await house.send('/busy')
    expect(headers['retry-after']).toBe('2')
    expect(JSON.parse(body).error).toBe('unavailable')
    expect(body).not.toContain('redis')
  })

  test('that Koa throws about a request are the sender’s', async () => {
    const { status, body } = await house.send('/unreadable/1')
    expect([status, JSON.parse(body).error]).toEqual([400, 'malformed_request'])
  })

  test('name the methods that an address has', async () => {
    const headers = { origin: 'https://id.school.example' }
    const wrong = await house.send('/things/1', { method: 'PUT', headers })
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'HEAD, GET, POST, DELETE'])
    const asked = await house.send('/things/1', { method: 'OPTIONS' })
    expect([asked.status, asked.headers.allow]).toEqual([204, 'HEAD, GET, POST, DELETE'])
  })
})

describe('the log', () => {
  test('names the route and not the address, which may hold a number or a code', async () => {
    const { headers } = await house.send('/things/202407010101?code=secret', { headers: { cookie: 'a=secret' } })
    const line = house.lines.find(({ request, msg }) => request === headers['x-request-id'] && msg === 'request')
    expect(line).toMatchObject({ method: 'GET', route: '/things/:id', status: 200, ms: expect.any(Number) })
    expect(JSON.stringify(line)).not.toMatch(/202407010101|secret/)
  })

  test('does not repeat an unknown address', async () => {
    const { headers } = await house.send('/nowhere/202407010101')
    const lines = house.lines.filter(({ request }) => request === headers['x-request-id'])
    expect(lines.map(({ msg }) => msg)).toEqual(['refused', 'request'])
    expect(JSON.stringify(lines)).not.toContain('202407010101')
  })
})

describe('health', () => {
  test('says that the process lives, and how ready it and its stores are', async () => {
    expect((await house.send('/healthz')).body).toBe('ok\n')
    const { status, body } = await house.send('/readyz')
    expect([status, JSON.parse(body)]).toEqual([200, { state: 'ready', stores: { postgres: 'up', redis: 'down' } }])
  })

  test('takes the process out of service while it stops, and lets every connection go', async () => {
    const leaving = await openHouse({ rooms: [room] })
    leaving.readiness.beginStopping()
    const { status, body, headers } = await leaving.send('/readyz')
    expect([status, JSON.parse(body).state, headers.connection]).toEqual([503, 'stopping', 'close'])
    expect((await leaving.send('/things/1')).headers.connection).toBe('close')
    await leaving.close()
  })
})
