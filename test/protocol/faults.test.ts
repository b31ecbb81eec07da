import { afterEach, describe, expect, test } from '@jest/globals'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { isCode } from '../support/session-documents.ts'

let world: ProviderWorld
afterEach(() => world.close())

const unavailable = (what: 'postgres' | 'redis') =>
  Object.assign(new Error(`${what} is gone`), { unavailable: what, retryAfterSeconds: 7 })

interface Held {
  visitor: Visitor
  code: string
  body: Record<string, unknown>
  page: string
}

async function inTheMiddle(): Promise<Held> {
  const clients = [sampleClient('library'), sampleClient('club', { first_party: false })]
  world = await openProviderWorld({ clients })
  const visitor = newVisitor(world)
  const offline = { scope: 'openid offline_access', prompt: 'consent' }
  const { body } = await visitor.redeem(await visitor.signIn({ params: offline }))
  const code = locationOf(await visitor.authorize())?.searchParams.get('code') ?? ''
  const page = locationOf(await newVisitorAt(visitor, { prompt: 'login' }))?.pathname ?? ''
  return { visitor, code, body, page }
}

const newVisitorAt = (visitor: Visitor, params: Record<string, string>) => visitor.authorize({ params })

/** Everything that somebody may ask of the provider. */
function everyRoute({ visitor, code, body, page }: Held) {
  return [
    ['GET /auth', () => visitor.authorize()],
    ['GET /auth of a third party', () => visitor.authorize({ client: 'club' })],
    ['GET /interaction', () => visitor.go(page)],
    ['POST a sign-in', () => visitor.go(`${page}/sign-in`, { person: 'lan' })],
    ['POST /token with a code', async () => (await visitor.machine('/token', codeForm(code), 'library')).raw],
    [
      'POST /token with a refresh token',
      async () => (await visitor.machine('/token', refreshForm(body), 'library')).raw,
    ],
    [
      'POST /token/revocation',
      async () => (await visitor.machine('/token/revocation', revokeForm(body), 'library')).raw,
    ],
    ['POST /request', async () => (await visitor.machine('/request', pushForm, 'library')).raw],
    [
      'GET /me',
      () => world.house.send('/me', { headers: { authorization: `Bearer ${String(body['access_token'])}` } }),
    ],
    ['GET /session/end', () => visitor.go('/session/end')],
  ] as const
}

const codeForm = (code: string) => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: 'https://library.school.example/callback',
  code_verifier: 'v'.repeat(43),
})
const refreshForm = (body: Record<string, unknown>) => ({
  grant_type: 'refresh_token',
  refresh_token: String(body['refresh_token']),
})
const revokeForm = (body: Record<string, unknown>) => ({ token: String(body['access_token']) })
const pushForm = {
  client_id: 'library',
  response_type: 'code',
  redirect_uri: 'https://library.school.example/callback',
  scope: 'openid',
  code_challenge: 'c'.repeat(43),
  code_challenge_method: 'S256',
}

function breakPostgres(): void {
  const down = () => Promise.reject(unavailable('postgres'))
  Object.assign(world.needs.clients, { find: down })
  Object.assign(world.needs.people, { find: down })
  Object.assign(world.needs.notBefore, { standing: down, set: down })
  Object.assign(world.needs.consents, { find: down })
  Object.assign(world.needs.subjects, { findOrCreate: down })
}

describe('with the store of what expires down', () => {
  test('every route that needs it answers 503 at once, says when to come again, and issues nothing', async () => {
    const held = await inTheMiddle()
    world.store.breakDown('before')
    for (const [route, ask] of everyRoute(held)) {
      const started = performance.now()
      const { status, headers } = await ask()
      expect([route, status, headers['retry-after'], headers.location]).toEqual([route, 503, '2', undefined])
      expect([route, performance.now() - started < 300]).toEqual([route, true])
    }
    for (const path of ['/.well-known/openid-configuration', '/jwks']) {
      expect((await world.house.send(path)).status).toBe(200)
    }
    world.store.repair()
    expect(locationOf(await held.visitor.authorize())?.searchParams.has('code')).toBe(true)
  })

  test.each(['read', 'put', 'swap', 'reserve', 'remove', 'count'] as const)(
    'in the middle of anything (%s), no answer is a bug and nobody is sent away with a code',
    async (operation) => {
      const held = await inTheMiddle()
      world.store.breakDown('before', (called) => called === operation)
      for (const [route, ask] of everyRoute(held)) {
        const { status } = await ask()
        expect([route, status === 500]).toEqual([route, false])
      }
      expect(world.house.lines.filter(({ msg }) => msg === 'bug')).toEqual([])
      expect(world.events.filter(({ event }) => event === 'provider.failed')).toEqual([])
    },
  )
})

describe('with PostgreSQL down', () => {
  test('nothing is issued, and every route answers 503', async () => {
    const held = await inTheMiddle()
    const { action, xsrf } = JSON.parse((await held.visitor.go('/session/end')).body)
    breakPostgres()
    expect((await held.visitor.go(action, { xsrf, logout: 'yes' })).status).toBe(503)
    for (const [route, ask] of everyRoute(held)) {
      if (route === 'GET /session/end') continue
      const { status, headers } = await ask()
      expect([route, status, headers['retry-after']]).toEqual([route, 503, '7'])
    }
    expect((await world.house.send('/jwks')).status).toBe(200)
  })

  test('at the gate alone, codes and tokens stay good for later', async () => {
    const held = await inTheMiddle()
    const { standing } = world.needs.notBefore
    world.needs.notBefore.standing = () => Promise.reject(unavailable('postgres'))
    expect((await held.visitor.redeem(held.code)).status).toBe(503)
    world.needs.notBefore.standing = standing
    expect((await held.visitor.refresh(held.body['refresh_token'])).status).toBe(200)
  })
})

describe('a lost reply', () => {
  test('does not refuse a client its own code', async () => {
    const { visitor, code } = await inTheMiddle()
    let lost = 0
    world.store.breakDown('after', (operation, key) => {
      return operation === 'swap' && isCode(key) && ++lost === 1
    })
    const { status, body } = await visitor.redeem(code)
    expect([status, lost]).toEqual([200, 2])
    world.store.repair()
    expect((await visitor.userinfo(body['access_token'])).status).toBe(200)
    expect((await visitor.redeem(code)).status).toBe(400)
  })

  test('does not hand out a code twice', async () => {
    const { visitor, code } = await inTheMiddle()
    let lost = 0
    world.store.breakDown('after', (operation) => operation === 'swap' && ++lost <= 2)
    const answers = await Promise.all(Array.from({ length: 6 }, () => visitor.redeem(code)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('does not end a sign-in', async () => {
    const { visitor, page } = await inTheMiddle()
    let lost = 0
    world.store.breakDown('after', (operation, key) => {
      return operation === 'swap' && key.startsWith('oidc:interaction:') && ++lost === 1
    })
    const { status } = await visitor.go(`${page}/sign-in`, { person: 'lan' })
    expect([status, lost]).toEqual([303, 2])
  })
})

describe('the way back from a page, with the store failing under it', () => {
  test.each(['reserve', 'take'] as const)('(%s) leads nowhere and leaves no cookie of a session', async (operation) => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const page = locationOf(await visitor.authorize())?.pathname ?? ''
    const end = await visitor.go(`${page}/sign-in`, { person: 'lan' })
    world.store.breakDown('before', (called) => called === operation)
    const { status, headers } = await visitor.go(locationOf(end)?.pathname ?? '')
    expect([status, headers.location]).toEqual([503, undefined])
    const given = (headers['set-cookie'] ?? []).filter((line) => !line.includes('=;'))
    expect(given).toEqual([])
  })

  test('(put) leads nowhere, but only the code is lost: the session serves the next visit', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const page = locationOf(await visitor.authorize())?.pathname ?? ''
    const end = await visitor.go(`${page}/sign-in`, { person: 'lan' })
    world.store.breakDown('before', (called) => called === 'put')
    const { status, headers } = await visitor.go(locationOf(end)?.pathname ?? '')
    expect([status, headers.location]).toEqual([503, undefined])
    world.store.repair()
    expect(locationOf(await visitor.authorize())?.searchParams.has('code')).toBe(true)
  })
})
