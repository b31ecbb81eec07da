import { afterEach, describe, expect, test } from '@jest/globals'
import * as client from 'openid-client'
import { ALL } from '../../src/gate/gate.ts'
import type { PersonState } from '../../src/people/people.ts'
import { SAMPLE_SECRET, sampleClient, sampleResourceServer, sampleService } from '../support/memory-desk.ts'
import { claimsIn, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

const GRADES = 'https://api.school.example/grades'
const ROOMS = 'https://rooms.school.example/'
const scopes = ['grades:read', 'grades:write']

let world: ProviderWorld
afterEach(() => world.close())

async function campus(): Promise<Visitor> {
  world = await openProviderWorld({
    clients: [
      sampleClient('library', { resources: [{ identifier: GRADES, scopes }] }),
      sampleService('timetable', [{ identifier: GRADES, scopes: ['grades:read'] }]),
      sampleService('grades-api', [], { grant_types: [] }),
      sampleService('rooms-api', [], { grant_types: [] }),
    ],
    resourceServers: [sampleResourceServer(GRADES, 'grades-api'), sampleResourceServer(ROOMS, 'rooms-api')],
  })
  return newVisitor(world)
}

/** Of a client on its own account. */
async function ownToken({ machine }: Visitor): Promise<string> {
  const { body } = await machine('/token', { grant_type: 'client_credentials' }, 'timetable')
  return String(body['access_token'])
}

interface PersonsTokens {
  token: string
  refreshToken: string
  idToken: unknown
}

/** Of somebody who has signed in to a client that calls the resource server. */
async function personsTokens(visitor: Visitor, scope = 'openid grades:read grades:write'): Promise<PersonsTokens> {
  const code = await visitor.signIn({ params: { scope, resource: GRADES, prompt: 'consent' } })
  const form = { grant_type: 'authorization_code', code, code_verifier: visitor.verifier, resource: GRADES }
  const { body } = await visitor.machine(
    '/token',
    { ...form, redirect_uri: 'https://library.school.example/callback' },
    'library',
  )
  const [token, refreshToken] = [String(body['access_token']), String(body['refresh_token'])]
  return { token, refreshToken, idToken: body['id_token'] }
}

function ask({ machine }: Visitor, token: string, asker = 'grades-api', hint: Record<string, string> = {}) {
  return machine('/token/introspection', { token, ...hint }, asker)
}

const inactive = { status: 200, body: { active: false } }

describe('a resource server asks about a token that it was shown', () => {
  test('of a client on its own account', async () => {
    const visitor = await campus()
    const { status, body, raw } = await ask(visitor, await ownToken(visitor))
    expect([status, body]).toEqual([
      200,
      {
        ...{ active: true, client_id: 'timetable', aud: GRADES, iss: world.issuer, scope: 'grades:read' },
        ...{ token_type: 'Bearer', iat: expect.any(Number), exp: Number(body['iat']) + 600 },
      },
    ])
    expect(raw.headers['cache-control']).toBe('no-store')
  })

  test('of a person: whose `sub` is that of its own host, and which says nothing else about them', async () => {
    const visitor = await campus()
    const { token, idToken } = await personsTokens(visitor)
    const { body } = await ask(visitor, token)
    expect(body).toEqual({
      ...{ active: true, client_id: 'library', aud: GRADES, iss: world.issuer, scope: scopes.join(' ') },
      ...{ token_type: 'Bearer', iat: expect.any(Number), exp: expect.any(Number), sub: expect.any(String) },
    })
    expect(body['sub']).toBe(await world.needs.subjects.findOrCreate('lan', 'api.school.example', 'fresh'))
    expect([claimsIn(idToken)['sub'], 'lan', 'fresh']).not.toContain(body['sub'])
    expect((await visitor.userinfo(token)).status).toBe(403)
  })

  test('as openid-client asks', async () => {
    const visitor = await campus()
    const token = await ownToken(visitor)
    const options = { execute: [client.allowInsecureRequests] }
    const secret = client.ClientSecretBasic(SAMPLE_SECRET)
    const server = await client.discovery(new URL(world.issuer), 'grades-api', {}, secret, options)
    expect(await client.tokenIntrospection(server, token)).toMatchObject({ active: true, aud: GRADES })
    expect(await client.tokenIntrospection(server, 'unknown')).toEqual({ active: false })
  })

  test('again and again, many times at once', async () => {
    const visitor = await campus()
    const { token } = await personsTokens(visitor)
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(visitor, token)))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(answers[0]?.body['active']).toBe(true)
  })
})

describe('nobody else learns anything', () => {
  test('another resource server, the holder of the token, or any client', async () => {
    const visitor = await campus()
    for (const token of [await ownToken(visitor), (await personsTokens(visitor)).token]) {
      for (const asker of ['rooms-api', 'library', 'timetable']) {
        expect(await ask(visitor, token, asker)).toMatchObject(inactive)
      }
    }
    const row = { event: 'introspection.refused', result: 'refused', reason: 'not_for_client', client: 'rooms-api' }
    expect(world.events).toContainEqual(expect.objectContaining(row))
  })

  test('who is not known, or does not prove who they are', async () => {
    const visitor = await campus()
    const token = await ownToken(visitor)
    expect((await ask(visitor, token, 'stranger')).status).toBe(401)
    const send = (headers: Record<string, string>, fields: Record<string, string>) =>
      world.house.send('/token/introspection', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ token, ...fields }).toString(),
      })
    const wrong = Buffer.from('grades-api:wrong').toString('base64')
    expect((await send({ authorization: `Basic ${wrong}` }, {})).status).toBe(401)
    expect((await send({}, { client_id: 'grades-api' })).status).toBe(401)
    expect((await send({}, {})).status).toBe(400)
    const row = { event: 'introspection.refused', client: 'grades-api', reason: 'invalid_client' }
    expect(world.events).toContainEqual(expect.objectContaining(row))
    expect((await world.house.send(`/token/introspection?token=${token}`)).status).toBe(404)
  })

  test('about a refresh token, a token for userinfo, or what is none', async () => {
    const visitor = await campus()
    const { refreshToken } = await personsTokens(visitor, 'openid offline_access grades:read')
    const plain = await visitor.redeem(await visitor.signIn())
    for (const token of [refreshToken, String(plain.body['access_token']), 'x', 'x'.repeat(44), 'x'.repeat(45)]) {
      for (const hint of [{}, { token_type_hint: 'refresh_token' }, { token_type_hint: 'access_token' }]) {
        expect(await ask(visitor, token, 'grades-api', hint)).toMatchObject(inactive)
      }
    }
  })

  test('about a JWT, which whoever receives it can check without asking', async () => {
    const visitor = await campus()
    await world.needs.resourceServers.put(sampleResourceServer(GRADES, null))
    const token = await ownToken(visitor)
    expect(await ask(visitor, token)).toMatchObject({ status: 400, body: { error: 'unsupported_token_type' } })
  })
})

describe('a token is not active any more', () => {
  /** One of each kind. */
  async function held() {
    const visitor = await campus()
    const [own, { token: persons }] = [await ownToken(visitor), await personsTokens(visitor)]
    const are = async () => [(await ask(visitor, own)).body['active'], (await ask(visitor, persons)).body['active']]
    expect(await are()).toEqual([true, true])
    return { visitor, own, persons, are }
  }

  test.each<PersonState>(['suspended', 'closed', 'pending'])('of a person who is %s', async (state) => {
    const { are } = await held()
    await world.setState('lan', state)
    expect(await are()).toEqual([true, false])
  })

  test('of a person whose last identity has expired', async () => {
    const { are } = await held()
    const person = await world.needs.people.find('lan')
    for (const identity of person?.identities ?? []) identity.validTo = new Date(Date.now() - 1)
    expect(await are()).toEqual([true, false])
  })

  test('of a client that was disabled', async () => {
    const { are } = await held()
    await world.needs.clients.disable('timetable', new Date())
    expect(await are()).toEqual([false, true])
    await world.needs.clients.disable('library', new Date())
    expect(await are()).toEqual([false, false])
  })

  test('after the session was signed out', async () => {
    const { visitor, are } = await held()
    const { action, xsrf } = JSON.parse((await visitor.go('/session/end')).body)
    await visitor.go(action, { xsrf, logout: 'yes' })
    expect(await are()).toEqual([true, false])
  })

  test('after it was revoked by its holder', async () => {
    const { visitor, own, persons, are } = await held()
    await visitor.machine('/token/revocation', { token: own }, 'timetable')
    await visitor.machine('/token/revocation', { token: persons }, 'library')
    expect(await are()).toEqual([false, false])
  })

  test.each([
    ['the person', 'person', 'lan', [true, false]],
    ['its client', 'client', 'timetable', [false, true]],
    ['everything', 'everything', ALL, [false, false]],
  ] as const)('after a moment was set for %s', async (_whom, kind, id, expected) => {
    const { are } = await held()
    const at = new Date(Date.now() + 2_000)
    await world.needs.notBefore.set(kind, id, { at, reason: 'leak', expiresAt: null })
    expect(await are()).toEqual(expected)
  })

  test('after it has expired', async () => {
    const { are } = await held()
    for (const kind of ['access-token', 'client-credentials']) {
      world.store.edit(`oidc:${kind}:`, (record) => {
        record['exp'] = Math.floor(Date.now() / 1_000) - 1
      })
    }
    expect(await are()).toEqual([false, false])
  })

  test('after its client lost the resource server, and can do only what it is still registered for', async () => {
    const { visitor, persons, are } = await held()
    await world.needs.clients.put(sampleService('timetable', []))
    const less = [{ identifier: GRADES, scopes: ['grades:read'] }]
    await world.needs.clients.put(sampleClient('library', { resources: less }))
    expect(await are()).toEqual([false, true])
    expect((await ask(visitor, persons)).body['scope']).toBe('grades:read')
  })

  test('after the resource server was disabled', async () => {
    const { are } = await held()
    await world.needs.resourceServers.disable(GRADES, new Date())
    expect(await are()).toEqual([false, false])
  })

  test('where a store is down: 503, and no answer at all', async () => {
    const { visitor, own, persons, are } = await held()
    world.store.breakDown('before')
    for (const token of [own, persons]) expect((await ask(visitor, token)).status).toBe(503)
    world.store.repair()
    expect(await are()).toEqual([true, true])
    const gone = Object.assign(new Error('gone'), { unavailable: 'postgres', retryAfterSeconds: 7 })
    Object.assign(world.needs.notBefore, { standing: () => Promise.reject(gone) })
    for (const token of [own, persons]) {
      const { status, body, raw } = await ask(visitor, token)
      expect([status, body['active'], raw.headers['retry-after']]).toEqual([503, undefined, '7'])
    }
  })
})
