import { afterEach, describe, expect, test } from '@jest/globals'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { ALL } from '../../src/gate/gate.ts'
import { SAMPLE_SECRET, sampleClient, sampleResourceServer, sampleService } from '../support/memory-desk.ts'
import { newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

const GRADES = 'https://api.school.example/grades'
const ROOMS = 'https://api.school.example/rooms'
const read = ['grades:read']

let world: ProviderWorld
afterEach(() => world.close())

async function campus() {
  world = await openProviderWorld({
    clients: [
      sampleService('timetable', [{ identifier: GRADES, scopes: read }]),
      sampleService('reports', [
        { identifier: GRADES, scopes: ['grades:read', 'grades:write'] },
        { identifier: ROOMS, scopes: ['rooms:read'] },
      ]),
      sampleService('grades-api', [], { grant_types: [] }),
      sampleClient('library'),
      // As no clients file would have it.
      sampleService('app', [{ identifier: GRADES, scopes: read }], { token_endpoint_auth_method: 'none' }),
    ],
    resourceServers: [
      sampleResourceServer(GRADES, 'grades-api'),
      sampleResourceServer(ROOMS, null, { scopes: ['rooms:read'], access_token_seconds: 300 }),
    ],
  })
  return newVisitor(world)
}

const asking = (fields: Record<string, string> = {}) => ({ grant_type: 'client_credentials', ...fields })

describe('a client on its own account', () => {
  test('gets an opaque token, with all that it is registered for, and a row in the audit', async () => {
    const { machine } = await campus()
    const { status, body } = await machine('/token', asking(), 'timetable')
    expect([status, body]).toEqual([
      200,
      { access_token: expect.any(String), token_type: 'Bearer', expires_in: 600, scope: 'grades:read' },
    ])
    expect(String(body['access_token'])).not.toContain('.')
    expect(world.events).toMatchObject([
      {
        ...{ event: 'tokens.issued', result: 'success', client: 'timetable' },
        details: { grant_type: 'client_credentials', resource: GRADES, scope: 'grades:read' },
      },
    ])
    expect(JSON.stringify([...world.store.standing()])).not.toContain(String(body['access_token']))
  })

  test('gets a JWT that needs nothing but our keys to be checked (RFC 9068), and is kept nowhere', async () => {
    const { machine } = await campus()
    const { body } = await machine('/token', asking({ resource: ROOMS }), 'reports')
    const keys = createRemoteJWKSet(new URL(`${world.issuer}/jwks`))
    const { payload, protectedHeader } = await jwtVerify(String(body['access_token']), keys, {
      ...{ issuer: world.issuer, audience: ROOMS, typ: 'at+jwt', algorithms: ['ES256'] },
    })
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) })
    expect(payload).toEqual({
      ...{ iss: world.issuer, aud: ROOMS, sub: 'reports', client_id: 'reports', scope: 'rooms:read' },
      ...{ iat: expect.any(Number), exp: (payload.iat ?? 0) + 300, jti: expect.any(String) },
    })
    expect(body['expires_in']).toBe(300)
    expect(world.store.standing().size).toBe(0)
  })

  test('may have it signed with RS256, where that is what the resource server knows', async () => {
    const { machine } = await campus()
    await world.needs.resourceServers.put(
      sampleResourceServer(ROOMS, null, { scopes: ['rooms:read'], signing_alg: 'RS256' }),
    )
    const { body } = await machine('/token', asking({ resource: ROOMS }), 'reports')
    const keys = createRemoteJWKSet(new URL(`${world.issuer}/jwks`))
    const { protectedHeader } = await jwtVerify(String(body['access_token']), keys)
    expect(protectedHeader.alg).toBe('RS256')
  })

  test('is served as openid-client asks, with a secret in the header', async () => {
    await campus()
    const server = await client.discovery(
      new URL(world.issuer),
      'reports',
      {},
      client.ClientSecretBasic(SAMPLE_SECRET),
      { execute: [client.allowInsecureRequests] },
    )
    const tokens = await client.clientCredentialsGrant(server, { resource: GRADES, scope: 'grades:write' })
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'grades:write', expires_in: 600 })
    expect(server.serverMetadata().grant_types_supported).toContain('client_credentials')
  })

  test('gets of the scopes that it asks for those that it may have', async () => {
    const { machine } = await campus()
    const scope = 'grades:write grades:read openid'
    expect((await machine('/token', asking({ scope }), 'timetable')).body['scope']).toBe('grades:read')
    expect((await machine('/token', asking({ scope: '', resource: '' }), 'timetable')).body['scope']).toBe(
      'grades:read',
    )
    expect(await machine('/token', asking({ scope: 'grades:write' }), 'timetable')).toMatchObject({
      ...{ status: 400, body: { error: 'invalid_scope' } },
    })
  })

  test('gets a new token each time, also many at once', async () => {
    const { machine } = await campus()
    const answers = await Promise.all(Array.from({ length: 8 }, () => machine('/token', asking(), 'timetable')))
    expect(new Set(answers.map(({ body }) => body['access_token'])).size).toBe(8)
  })
})

describe('nothing is given', () => {
  test.each([
    ['for a resource that is unknown', 'reports', { resource: 'https://api.school.example/unknown' }],
    ['for one of another client', 'timetable', { resource: ROOMS }],
    ['for several at once', 'reports', [GRADES, ROOMS]],
    ['for none of several', 'reports', {}],
    ['for what is no address', 'reports', { resource: 'grades' }],
  ] as const)('%s', async (_what, who, fields) => {
    const { machine } = await campus()
    const form = Array.isArray(fields) ? { resource: fields[0] } : (fields as Record<string, string>)
    const twice = Array.isArray(fields) ? `&resource=${encodeURIComponent(fields[1])}` : ''
    const { status, body } = await (twice === '' ? machine('/token', asking(form), who) : askTwice(who, form, twice))
    expect([status, body['error']]).toEqual([400, 'invalid_target'])
    expect(world.store.standing().size).toBe(0)
  })

  async function askTwice(who: string, form: Record<string, string>, more: string) {
    const basic = Buffer.from(`${who}:${SAMPLE_SECRET}`).toString('base64')
    const { status, body } = await world.house.send('/token', {
      method: 'POST',
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(asking(form)).toString() + more,
    })
    return { status, body: JSON.parse(body) }
  }

  test('for a resource server that was disabled', async () => {
    const { machine } = await campus()
    await world.needs.resourceServers.disable(GRADES, new Date())
    expect((await machine('/token', asking(), 'timetable')).body['error']).toBe('invalid_target')
  })

  test('to a client that is not registered for it, to a public one, and to nobody', async () => {
    const { machine } = await campus()
    for (const [who, error] of [
      ['library', 'invalid_request'],
      ['grades-api', 'invalid_request'],
      ['app', 'unauthorized_client'],
      ['stranger', 'invalid_client'],
    ] as const) {
      expect((await machine('/token', asking({ resource: GRADES }), who)).body['error']).toBe(error)
    }
    const body = new URLSearchParams(asking({ client_id: 'timetable' })).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await world.house.send('/token', { method: 'POST', headers, body })).status).toBe(401)
  })

  test('to a client that was disabled, opaque or JWT', async () => {
    const { machine } = await campus()
    await world.needs.clients.disable('reports', new Date())
    for (const resource of [GRADES, ROOMS]) {
      const { status, body } = await machine('/token', asking({ resource }), 'reports')
      expect([status, body['error']]).toEqual([401, 'invalid_client'])
    }
  })

  test.each([GRADES, ROOMS])('past the gate, which is asked once: %s', async (resource) => {
    const { machine } = await campus()
    const { notBefore } = world.needs
    const asked: unknown[] = []
    const { standing } = notBefore
    notBefore.standing = (party) => {
      asked.push(party)
      return standing(party)
    }
    expect((await machine('/token', asking({ resource }), 'reports')).status).toBe(200)
    expect(asked).toEqual([{ personId: null, clientId: 'reports', sessionUid: null }])
    notBefore.standing = async () => ({ person: null, profile: null, clientEnabled: false, notBefore: null })
    expect((await machine('/token', asking({ resource }), 'reports')).body).toEqual({
      ...{ error: 'invalid_grant', error_description: expect.any(String) },
    })
  })

  test.each([GRADES, ROOMS])(
    'before a moment that lies ahead, for the client or for everything: %s',
    async (resource) => {
      const { machine } = await campus()
      const at = new Date(Date.now() + 60_000)
      for (const [kind, id] of [
        ['client', 'reports'],
        ['everything', ALL],
      ] as const) {
        await world.needs.notBefore.set(kind, id, { at, reason: 'leak', expiresAt: null })
        expect((await machine('/token', asking({ resource }), 'reports')).body['error']).toBe('invalid_grant')
      }
    },
  )

  test('where a store is down: 503, and the time to come again', async () => {
    const { machine } = await campus()
    const gone = Object.assign(new Error('gone'), { unavailable: 'postgres', retryAfterSeconds: 7 })
    Object.assign(world.needs.notBefore, { standing: () => Promise.reject(gone) })
    for (const resource of [GRADES, ROOMS]) {
      const { status, raw } = await machine('/token', asking({ resource }), 'reports')
      expect([status, raw.headers['retry-after']]).toEqual([503, '7'])
    }
    await world.close()
    const again = await campus()
    world.store.breakDown('before')
    expect((await again.machine('/token', asking({ resource: GRADES }), 'reports')).status).toBe(503)
    // A JWT needs no store of what expires.
    expect((await again.machine('/token', asking({ resource: ROOMS }), 'reports')).status).toBe(200)
    world.store.repair()
    Object.assign(world.needs.resourceServers, { find: () => Promise.reject(gone) })
    expect((await again.machine('/token', asking({ resource: ROOMS }), 'reports')).status).toBe(503)
  })
})

test('a token of a client on its own account opens nothing that is a person’s', async () => {
  const { machine, userinfo } = await campus()
  const { body } = await machine('/token', asking(), 'timetable')
  expect((await userinfo(body['access_token'])).status).toBe(401)
  expect((await machine('/token/revocation', { token: String(body['access_token']) }, 'reports')).status).toBe(400)
  expect((await machine('/token/revocation', { token: String(body['access_token']) }, 'timetable')).status).toBe(200)
  expect(world.store.standing().size).toBe(0)
})
