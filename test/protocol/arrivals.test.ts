import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SAMPLE_SECRET, sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
beforeEach(async () => {
  const clients = [sampleClient('library'), sampleClient('app', { token_endpoint_auth_method: 'none' })]
  world = await openProviderWorld({ clients })
})
afterEach(() => world.close())

const html = { accept: 'text/html' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** Neither in what expires nor in what lasts. */
function expectNothingWritten(): void {
  expect([world.store.calls.filter(({ operation }) => operation !== 'read'), world.events]).toEqual([[], []])
}

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
    expect([world.store.calls, world.events]).toEqual([[], []])
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
    expect([status, headers.location, world.store.calls, world.events]).toEqual([400, undefined, [], []])
  })

  test.each(['code=%', 'code=%00', 'code=\0', 'code=%c0%80'])('%j is refused in a body', async (body) => {
    const { status } = await world.house.send('/token', { method: 'POST', headers: form, body })
    expect([status, world.store.calls, world.events]).toEqual([400, [], []])
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
    expectNothingWritten()
  })

  test.each(['!', 'eyJhbGciOiJub25lIn0.e30.', 'a.b.c'])('a request object %j is refused', async (request) => {
    const { headers } = await world.house.send(authorization({ request }), { headers: html })
    expect(locationOf({ status: 0, headers, body: '' })?.searchParams.get('error')).toBe('invalid_request_object')
    expectNothingWritten()
  })
})

describe('what nobody knows leaves nothing behind but a line in the log', () => {
  test.each([
    ['a client', { client_id: 'nobody' }],
    ['a client that is no identifier', { client_id: '../etc' }],
    ['an address', { redirect_uri: 'https://evil.example/callback' }],
    ['an address, in a request that is wrong in other ways', { redirect_uri: 'https://evil.example/', scope: '' }],
    ['a pushed request', { request_uri: 'urn:ietf:params:oauth:request_uri:nobodys' }],
  ])('at the sign-in page: %s', async (_what, params) => {
    const { status, headers, body } = await world.house.send(authorization(params), { headers: html })
    expect(status).toBeGreaterThanOrEqual(300)
    expect(status).toBeLessThan(500)
    expect(headers.location ?? body).not.toContain('evil.example')
    expectNothingWritten()
  })

  test('at the sign-in page: a person who is not signed in', async () => {
    const { headers } = await world.house.send(authorization({ prompt: 'none' }), { headers: html })
    expect(headers.location).toContain('error=login_required')
    expectNothingWritten()
  })

  const basic = (client: string) => `Basic ${Buffer.from(`${client}:secret`).toString('base64')}`
  const code = 'grant_type=authorization_code&code=x&redirect_uri=https://library.school.example/callback'
  test.each([
    ['a client at the token endpoint', '/token', { authorization: basic('nobody') }, code],
    ['a client that says nothing', '/token', {}, code],
    ['a client that pushes a request', '/request', { authorization: basic('nobody') }, 'response_type=code'],
    ['a client that revokes', '/token/revocation', { authorization: basic('nobody') }, 'token=x'],
    ['an access token', '/me', { authorization: 'Bearer nobodys' }, null],
    ['a visit', '/interaction/nobodys', {}, null],
    ['a visit that goes on', '/auth/nobodys', {}, null],
    ['a client to sign out of', '/session/end?client_id=nobody', {}, null],
    [
      'an address to come back to',
      '/session/end?client_id=library&post_logout_redirect_uri=https://evil.example',
      {},
      null,
    ],
    ['a hint', '/session/end?id_token_hint=a.b.c', {}, null],
    ['a sign-out', '/session/end/confirm', { origin: 'own' }, 'xsrf=x'],
  ])('%s', async (_what, path, { origin, ...headers }: Record<string, string>, body) => {
    const sent = body === null ? {} : { method: 'POST', body }
    const own = { ...(body !== null && form), ...(origin && { origin: world.issuer }) }
    const { status } = await world.house.send(path, { ...sent, headers: { ...html, ...own, ...headers } })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expectNothingWritten()
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
