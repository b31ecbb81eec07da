import { afterEach, describe, expect, test } from '@jest/globals'
import * as client from 'openid-client'
import { ask, GRADES, openAskingWorld, ownToken, personsTokens, scopes } from '../support/asking-world.ts'
import { SAMPLE_SECRET, sampleResourceServer } from '../support/memory-desk.ts'
import { claimsIn, type Visitor } from '../support/provider-visitor.ts'
import type { ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
afterEach(() => world.close())

async function campus(): Promise<Visitor> {
  const opened = await openAskingWorld()
  world = opened.world
  return opened.visitor
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
