import { afterEach, describe, expect, test } from '@jest/globals'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { sampleClient, sampleResourceServer } from '../support/memory-desk.ts'
import { callbackOf, claimsIn, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { isAccessToken } from '../support/session-documents.ts'

const GRADES = 'https://api.school.example/grades'
const ROOMS = 'https://rooms.school.example/'

let world: ProviderWorld
afterEach(() => world.close())

const both = [
  { identifier: GRADES, scopes: ['grades:read'] },
  { identifier: ROOMS, scopes: ['rooms:read'] },
]

async function campus(resources = both): Promise<Visitor> {
  world = await openProviderWorld({
    clients: [
      sampleClient('library', { resources }),
      sampleClient('club', { first_party: false, resources }),
      sampleClient('canteen'),
    ],
    resourceServers: [
      sampleResourceServer(GRADES, null),
      sampleResourceServer(ROOMS, 'library', { scopes: ['rooms:read'] }),
    ],
  })
  return newVisitor(world)
}

const asked = (resource: string, scope: string) => ({ params: { scope, resource, prompt: 'consent' } })

function redeem({ machine, verifier }: Visitor, code: string, more: Record<string, string>) {
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: callbackOf('library') }
  return machine('/token', { ...form, ...more }, 'library')
}

async function checked(token: unknown) {
  const keys = createRemoteJWKSet(new URL(`${world.issuer}/jwks`))
  return (await jwtVerify(String(token), keys, { audience: GRADES, issuer: world.issuer, typ: 'at+jwt' })).payload
}

describe('a client calls a resource server for a person who has signed in', () => {
  test('with a JWT that names the client, the person as that host knows them, and what was asked for', async () => {
    const visitor = await campus()
    const code = await visitor.signIn(asked(GRADES, 'openid grades:read grades:write rooms:read'))
    const { status, body } = await redeem(visitor, code, { resource: GRADES })
    expect([status, body['scope'], body['expires_in']]).toEqual([200, 'grades:read', 600])
    const payload = await checked(body['access_token'])
    expect(payload).toEqual({
      ...{ iss: world.issuer, aud: GRADES, client_id: 'library', scope: 'grades:read', jti: expect.any(String) },
      ...{ sub: expect.any(String), iat: expect.any(Number), exp: (payload.iat ?? 0) + 600 },
    })
    expect(payload.sub).toBe(await world.needs.subjects.findOrCreate('lan', 'api.school.example', 'fresh'))
    expect(payload.sub).not.toBe(claimsIn(body['id_token'])['sub'])
    expect([...world.store.standing().keys()].filter(isAccessToken)).toEqual([])
  })

  test('and goes on with its refresh token: for that resource server, or for userinfo', async () => {
    const visitor = await campus()
    const code = await visitor.signIn(asked(GRADES, 'openid offline_access grades:read'))
    const { body } = await redeem(visitor, code, { resource: GRADES })
    const form = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
    const again = await visitor.machine('/token', { ...form, resource: GRADES }, 'library')
    expect((await checked(again.body['access_token']))['scope']).toBe('grades:read')
    const plain = await visitor.machine('/token', form, 'library')
    expect((await visitor.userinfo(plain.body['access_token'])).status).toBe(200)
    const other = await visitor.machine('/token', { ...form, resource: ROOMS }, 'library')
    expect(other.body['error']).toBe('invalid_target')
  })

  test('and may do more in the same session as soon as it is registered for more', async () => {
    const visitor = await campus()
    const params = asked(GRADES, 'openid grades:read grades:write')
    const before = await redeem(visitor, await visitor.signIn(params), { resource: GRADES })
    expect(before.body['scope']).toBe('grades:read')
    const more = ['grades:read', 'grades:write']
    const resources = both.map((one) => (one.identifier === GRADES ? { ...one, scopes: more } : one))
    await world.needs.clients.put(sampleClient('library', { resources }))
    const code = locationOf(await visitor.authorize(params))?.searchParams.get('code') ?? ''
    expect((await redeem(visitor, code, { resource: GRADES })).body['scope']).toBe('grades:read grades:write')
  })

  test('and, without asking for one, gets what it always got', async () => {
    const visitor = await campus()
    const { body } = await redeem(visitor, await visitor.signIn(), {})
    expect((await visitor.userinfo(body['access_token'])).status).toBe(200)
  })
})

describe('invalid_target is the answer', () => {
  test.each([
    ['to a client that is registered for none', 'canteen', GRADES],
    ['for one that nobody knows', 'library', 'https://unknown.school.example/'],
    // Nobody has asked the person.
    ['to a third-party client', 'club', GRADES],
  ])('%s', async (_what, client, resource) => {
    const visitor = await campus()
    const answer = await visitor.authorize({ client, ...asked(resource, 'openid grades:read') })
    expect(locationOf(answer)?.searchParams.get('error')).toBe('invalid_target')
  })

  test('where the token is asked for another than the code', async () => {
    const visitor = await campus()
    const code = await visitor.signIn(asked(GRADES, 'openid grades:read'))
    expect((await redeem(visitor, code, { resource: ROOMS })).body['error']).toBe('invalid_target')
  })

  test('from the moment on that the client may no longer', async () => {
    const visitor = await campus()
    const code = await visitor.signIn(asked(GRADES, 'openid offline_access grades:read'))
    const { body } = await redeem(visitor, code, { resource: GRADES })
    await world.needs.clients.put(sampleClient('library'))
    const form = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']), resource: GRADES }
    expect((await visitor.machine('/token', form, 'library')).body['error']).toBe('invalid_target')
  })
})

describe('no JWT leaves past the gate', () => {
  test.each(['code', 'refresh token'])('for a %s', async (what) => {
    const visitor = await campus()
    const params = asked(GRADES, 'openid offline_access grades:read')
    const { body } = await redeem(visitor, await visitor.signIn(params), { resource: GRADES })
    const code = locationOf(await visitor.authorize(params))?.searchParams.get('code') ?? ''
    const refresh = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']), resource: GRADES }
    const get = () =>
      what === 'code' ? redeem(visitor, code, { resource: GRADES }) : visitor.machine('/token', refresh, 'library')
    await world.setState('lan', 'suspended')
    expect((await get()).body['error']).toBe('invalid_grant')
  })
})
