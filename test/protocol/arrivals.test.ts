import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { VISITS_MAX } from '../../src/oidc/crowd-control.ts'
import { SAMPLE_SECRET, sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
beforeEach(async () => {
  const clients = [sampleClient('library'), sampleClient('app', { token_endpoint_auth_method: 'none' })]
  world = await openProviderWorld({
    clients,
    config: { campusNetworks: ['10.0.0.0/8'], trustedProxies: ['127.0.0.1/32'] },
  })
})
afterEach(() => world.close())

const html = { accept: 'text/html' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }

function authorization(params: Record<string, string>): string {
  return newVisitor(world).authorizationAddress({ params })
}

const encode = (pairs: [string, string][]) => new URLSearchParams(pairs).toString()

describe('what is too long', () => {
  test.each([
    ['a state of more than 2 KiB', { state: 'x'.repeat(2_049) }],
    ['a state of more than 2 KiB once it is decoded', { state: '统'.repeat(700) }],
    ['a client_id that is a book', { client_id: 'x'.repeat(300) }],
    ['a hint that is a letter', { login_hint: 'x'.repeat(400) }],
    ['a parameter that nobody knows', { nobody_knows: 'x'.repeat(2_100) }],
    ['many parameters', Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`p${at}`, 'x'.repeat(150)]))],
  ])('%s is a bad request: nobody is sent anywhere, and nothing is written', async (_what, params) => {
    const { status, headers, body } = await world.house.send(authorization(params))
    expect([status, headers.location]).toEqual([400, undefined])
    expect(JSON.parse(body)).toMatchObject({ error: 'parameter_too_long' })
    expect(world.store.calls).toEqual([])
  })

  test('a state of 2 KiB is not', async () => {
    const state = 'x'.repeat(2_048)
    const visitor = newVisitor(world)
    const answer = await visitor.finish(await visitor.authorize({ params: { state } }))
    expect(locationOf(answer)?.searchParams.get('state')).toBe(state)
  })

  test('a body of more than 8 KiB is not read', async () => {
    const body = `token=${'x'.repeat(9_000)}`
    const { status } = await world.house.send('/token', { method: 'POST', headers: form, body })
    expect(status).toBe(413)
  })

  test('a body without a length is refused', async () => {
    const host = new URL(world.issuer).host
    const chunked = `POST /token HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n`
    const answer = await world.house.raw(
      `${chunked}Content-Type: ${form['content-type']}\r\n\r\n5\r\na=b&c\r\n0\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
  })
})

describe('what is malformed', () => {
  test.each(['%', '%zz', '%00', '%c0%80', '%ed%a0%80', 'a%ff'])('%j is refused in a query', async (text) => {
    const { status, headers } = await world.house.send(`${authorization({})}&state=${text}`, { headers: html })
    expect([status, headers.location, world.store.calls]).toEqual([400, undefined, []])
  })

  test.each(['code=%', 'code=%00', 'code=\0', 'code=%c0%80'])('%j is refused in a body', async (body) => {
    const { status } = await world.house.send('/token', { method: 'POST', headers: form, body })
    expect([status, world.store.calls]).toEqual([400, []])
  })

  test('a body that is not UTF-8 is refused', async () => {
    const body = Buffer.from([0x61, 0x3d, 0xff])
    expect((await world.house.send('/token', { method: 'POST', headers: form, body })).status).toBe(400)
  })

  test('a body that ends early is no bug', async () => {
    const { host, port } = new URL(world.issuer)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`POST /token HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${form['content-type']}\r\n`)
    socket.end('Content-Length: 50\r\n\r\na=b')
    await once(socket.resume(), 'close')
    expect(world.house.lines.filter(({ msg }) => msg === 'bug')).toEqual([])
  })

  test('a parameter that comes twice is refused', async () => {
    const twice = await world.house.send(`${authorization({})}&scope=openid`, { headers: html })
    expect(locationOf(twice)?.searchParams.get('error')).toBe('invalid_request')
    const clientTwice = await world.house.send(`${authorization({})}&client_id=library`, { headers: html })
    expect([clientTwice.status, clientTwice.headers.location]).toEqual([400, undefined])
  })
})

describe('nothing that anybody sends is a bug, and nobody is sent to an address that is not registered', () => {
  const callback = 'https://library.school.example/callback'
  const names = fc.constantFrom(
    ...[
      'client_id',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
      'nonce',
      'prompt',
      'claims',
      'request',
      'max_age',
    ],
    ...[
      'request_uri',
      'id_token_hint',
      'acr_values',
      'response_mode',
      'code_challenge',
      'code_challenge_method',
      'display',
    ],
    ...['grant_type', 'code', 'refresh_token', 'token', 'client_assertion', 'client_assertion_type', 'client_secret'],
    ...['post_logout_redirect_uri', 'xsrf', 'resource', 'registration', 'dpop_jkt', '__proto__', 'constructor', ''],
  )
  const values = fc.oneof(
    fc.constantFrom('library', 'app', callback, 'https://evil.example/', 'code', 'none', 'S256', 'openid', 'form_post'),
    fc.constantFrom('{"id_token":{"sub":{"value":7}}}', '{}', '[]', 'null', '-1', '9e99', 'eyJhbGciOiJub25lIn0.e30.'),
    fc.constantFrom('urn:ietf:params:oauth:request_uri:x', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'),
    fc.string({ maxLength: 60, unit: 'binary' }),
  )
  const sent = fc.array(fc.tuple(names, values), { maxLength: 8 })
  const bugs = () => world.house.lines.filter(({ msg, status }) => msg === 'bug' || Number(status) >= 500)
  const strays = (location: string | undefined) => {
    if (location === undefined) return false
    const { origin } = new URL(location, world.issuer)
    return ![world.issuer, 'https://library.school.example', 'https://app.school.example'].includes(origin)
  }

  test.each(['/auth', '/session/end', '/me', '/auth/unknown', '/session/end/success', '/token'])(
    'in a query of %s',
    async (path) => {
      await fc.assert(
        fc.asyncProperty(sent, fc.boolean(), async (pairs, complete) => {
          const base = complete && path === '/auth' ? newVisitor(world).authorizationAddress() : `${path}?`
          const { status, headers } = await world.house.send(`${base}&${encode(pairs)}`, { headers: html })
          return status < 500 && !strays(headers.location)
        }),
        { numRuns: 100 },
      )
      expect(bugs()).toEqual([])
    },
  )

  test.each(['/token', '/request', '/token/revocation', '/session/end/confirm', '/me', '/auth'])(
    'in a body of %s',
    async (path) => {
      const basic = `Basic ${Buffer.from(`library:${SAMPLE_SECRET}`).toString('base64')}`
      await fc.assert(
        fc.asyncProperty(sent, fc.constantFrom(basic, 'Basic !', 'Bearer x', ''), async (pairs, auth) => {
          const headers = { ...form, origin: world.issuer, ...(auth && { authorization: auth }) }
          const answer = await world.house.send(path, { method: 'POST', headers, body: encode(pairs) })
          return answer.status < 500 && !strays(answer.headers.location)
        }),
        { numRuns: 100 },
      )
      expect(bugs()).toEqual([])
    },
  )

  test('in a cookie', async () => {
    const cookieNames = ['campus_session', 'campus_session.sig', 'campus_interaction', 'campus_resume', '__proto__']
    const cookie = fc.tuple(fc.constantFrom(...cookieNames), fc.stringMatching(/^[!-:<-~]{0,80}$/))
    await fc.assert(
      fc.asyncProperty(
        fc.array(cookie, { maxLength: 5 }),
        fc.constantFrom('/auth/x', '/interaction/x', '/session/end'),
        async (cookies, path) => {
          const headers = { ...html, cookie: cookies.map(([name, value]) => `${name}=${value}`).join('; ') }
          return (await world.house.send(path, { headers })).status < 500
        },
      ),
      { numRuns: 100 },
    )
    expect(bugs()).toEqual([])
  })
})

describe('strangers who open the sign-in page again and again', () => {
  const from = (address: string) => ({ ...html, 'x-forwarded-for': address })
  const open = (address: string) => world.house.send(authorization({}), { headers: from(address) })

  async function fill(prefix: string, most: number): Promise<void> {
    const { expiring } = world.needs
    const keys = new Set(world.store.calls.filter(({ key }) => key.startsWith(prefix)).map(({ key }) => key))
    for (const key of keys) await expiring.count(key, { seconds: 900, by: most })
  }

  test('are told when to come again, and nothing of theirs is kept', async () => {
    expect((await open('192.0.2.1')).status).toBe(303)
    await fill('oidc:visits:address:', VISITS_MAX.address)
    const before = world.store.standing().size
    const { status, headers, body } = await open('192.0.2.1')
    expect([status, headers.location]).toEqual([429, undefined])
    expect(body).toContain('too_many_requests')
    expect(Number(headers['retry-after'])).toBeGreaterThan(800)
    expect(world.store.standing().size).toBe(before)
    expect((await open('192.0.2.2')).status).toBe(303)
  })

  test('cannot keep the campus out, however many addresses they have', async () => {
    await open('192.0.2.1')
    await fill('oidc:visits:outside', VISITS_MAX.outside)
    expect((await open('198.51.100.7')).status).toBe(503)
    expect((await open('10.1.2.3')).status).toBe(303)
  })

  test('count the second step of a visit with its first, and nobody who is signed in', async () => {
    await world.needs.clients.put(sampleClient('club', { first_party: false }))
    const visitor = newVisitor(world)
    await visitor.signIn({ client: 'club' })
    await visitor.authorize({ params: { prompt: 'login' } })
    const counted = world.store.calls.filter(({ operation, key }) => operation === 'count' && /address/.test(key))
    expect(counted).toHaveLength(1)
  })

  test('cannot use the sign-out page or pushed requests instead', async () => {
    const push = { client_id: 'app', response_type: 'code', redirect_uri: 'https://app.school.example/callback' }
    const challenge = { code_challenge: 'c'.repeat(43), code_challenge_method: 'S256', scope: 'openid' }
    const headers = { ...form, 'x-forwarded-for': '192.0.2.1' }
    const body = encode(Object.entries({ ...push, ...challenge }))
    const ways = [
      () => world.house.send('/session/end', { headers: from('192.0.2.1') }),
      () => world.house.send('/request', { method: 'POST', headers, body }),
    ]
    for (const way of ways) expect((await way()).status).toBeLessThan(300)
    await fill('oidc:visits:address:', VISITS_MAX.address)
    const before = world.store.standing().size
    for (const way of ways) expect((await way()).status).toBe(429)
    expect(world.store.standing().size).toBe(before)
  })

  test('do not count with the servers of clients that have shown their secret', async () => {
    await open('192.0.2.1')
    await fill('oidc:visits:address:', VISITS_MAX.address)
    const basic = `Basic ${Buffer.from(`library:${SAMPLE_SECRET}`).toString('base64')}`
    const pushed = await world.house.send('/request', {
      method: 'POST',
      headers: { ...form, 'x-forwarded-for': '192.0.2.1', authorization: basic },
      body: authorization({}).slice('/auth?'.length),
    })
    expect(pushed.status).toBe(201)
  })

  test('of one IPv6 network are counted as one', async () => {
    await open('2001:db8:1:2::1')
    await fill('oidc:visits:address:', VISITS_MAX.address)
    expect((await open('2001:db8:1:2:ffff::9')).status).toBe(429)
    expect((await open('2001:db8:1:3::1')).status).toBe(303)
  })
})
