/** PROFILE=conformance: what the certification of other than code flows asks for, and no other profile has. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { claimsIn, locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { registration } from '../support/registering.ts'

let world: ProviderWorld
afterEach(() => world.close())

const CALLBACK = 'https://suite.example/test/a/callback'
const IMPLICIT = ['code', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token']
const suite = {
  redirect_uris: [CALLBACK],
  response_types: IMPLICIT,
  grant_types: ['authorization_code', 'implicit', 'refresh_token'],
  token_endpoint_auth_method: 'client_secret_post',
}

async function openSuite(document: object = suite) {
  world = await openProviderWorld({ config: { profile: 'conformance' } })
  const { status, body } = await registration(world, 'POST', { document })
  return { status, body, id: String(body['client_id']), visitor: newVisitor(world) }
}

describe('the profile for certification', () => {
  test('lets anybody register, takes them at their word, and shows the secret again', async () => {
    const { status, body } = await openSuite()
    expect([status, body]).toEqual([201, expect.objectContaining({ response_types: IMPLICIT })])
    const path = new URL(String(body['registration_client_uri'])).pathname
    const token = body['registration_access_token']
    const read = await registration(world, 'GET', { path, token })
    expect(read.body['client_secret']).toBe(body['client_secret'])
    const record = await world.needs.clients.find(String(body['client_id']))
    expect(JSON.stringify(record)).not.toContain(String(body['client_secret']))
    expect((await registration(world, 'DELETE', { path, token })).status).toBe(204)
  })

  test('never lets one be first party, whatever it says', async () => {
    const { id } = await openSuite({ ...suite, 'campus:first_party': true, first_party: true })
    expect((await world.needs.clients.find(id))?.metadata.first_party).toBe(false)
  })

  test.each([
    ['id_token', ['id_token']],
    ['id_token token', ['id_token', 'access_token']],
    ['code id_token', ['code', 'id_token']],
    ['code token', ['code', 'access_token']],
    ['code id_token token', ['code', 'id_token', 'access_token']],
  ])('answers response_type=%s in the fragment, without PKCE', async (type, parts) => {
    const { id, visitor } = await openSuite()
    const params = { response_type: type, scope: 'openid' }
    const begun = await visitor.authorize({ client: id, redirectUri: CALLBACK, verifier: null, params })
    const end = locationOf(await visitor.finish(begun))
    expect(end?.origin).toBe('https://suite.example')
    const answer = new URLSearchParams(end?.hash.slice(1))
    for (const part of parts) expect(answer.get(part)).toBeTruthy()
    const idToken = answer.get('id_token')
    if (idToken) expect(claimsIn(idToken)).toMatchObject({ aud: id, nonce: 'opaque-nonce', iss: world.issuer })
    if (idToken && parts.includes('access_token')) expect(claimsIn(idToken)).toHaveProperty('at_hash')
    if (idToken && parts.includes('code')) expect(claimsIn(idToken)).toHaveProperty('c_hash')
  })

  test('answers by a form that posts itself (form_post)', async () => {
    const { id, visitor } = await openSuite()
    const params = { response_mode: 'form_post', scope: 'openid' }
    const begun = await visitor.authorize({ client: id, redirectUri: CALLBACK, verifier: null, params })
    const { status, body } = await visitor.finish(begun)
    expect(status).toBe(200)
    expect(body).toMatch(/<form method="post" action="https:\/\/suite\.example\/test\/a\/callback"/)
    expect(body).toContain('name="code"')
  })

  test('redeems a code without PKCE, and signs with RS256 where nothing is said', async () => {
    const { id, body, visitor } = await openSuite()
    const asked = { client: id, redirectUri: CALLBACK, verifier: null, params: { scope: 'openid' } }
    const code = await visitor.signIn(asked)
    const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, client_id: id }
    const answer = await world.house.send('/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...form, client_secret: String(body['client_secret']) }).toString(),
    })
    const [head = ''] = String(JSON.parse(answer.body)['id_token']).split('.')
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toMatchObject({ alg: 'RS256' })
  })

  test('tells a client that registered for it of the end of a session', async () => {
    const told = { backchannel_logout_uri: 'https://suite.example/logout', backchannel_logout_session_required: true }
    const { id, visitor } = await openSuite({ ...suite, ...told })
    await visitor.signIn({ client: id, redirectUri: CALLBACK, verifier: null, params: { scope: 'openid' } })
    const form = JSON.parse((await visitor.go('/session/end')).body)
    await visitor.go(new URL(form.action).pathname, { xsrf: form.xsrf, logout: 'yes' })
    const waiting = await world.needs.logoutDeliveries.list({ givenUp: false, clientId: id, limit: 9 })
    expect(waiting).toHaveLength(1)
  })
})

describe('every other profile', () => {
  test('answers the code flow alone, also where a client asks for more', async () => {
    world = await openProviderWorld()
    const { body } = await world.house.send('/.well-known/openid-configuration')
    expect(JSON.parse(body)).toMatchObject({ response_types_supported: ['code'] })
    for (const type of IMPLICIT.slice(1)) {
      const answer = await newVisitor(world).authorize({ params: { response_type: type } })
      expect(`${answer.headers.location}`).toMatch(
        /error=(unsupported_response_type|unauthorized_client|invalid_request)/,
      )
      expect(`${answer.headers.location}`).not.toContain('id_token=')
    }
  })

  test('registers nobody who has no token of an operator', async () => {
    world = await openProviderWorld()
    expect((await registration(world, 'POST', { document: suite })).status).toBe(401)
  })
})

describe('a client that anybody could register', () => {
  test('is unknown to a server of another profile that shares the database', async () => {
    // As plain as one that every profile would serve.
    const plain = { ...suite, response_types: ['code'], grant_types: ['authorization_code'] }
    const { body, id, visitor } = await openSuite(plain)
    const asked = { client: id, redirectUri: CALLBACK, params: { scope: 'openid' } }
    const code = await visitor.signIn(asked)
    expect(code).toBeTruthy()
    const record = await world.needs.clients.find(id)
    if (record === null) throw new Error('it was registered')
    await world.close()

    world = await openProviderWorld({ clients: [record] })
    const answer = await newVisitor(world).authorize(asked)
    expect([answer.status, answer.headers.location]).toEqual([400, undefined])
    const path = new URL(String(body['registration_client_uri'])).pathname
    const token = body['registration_access_token']
    expect((await registration(world, 'GET', { path, token })).status).toBe(401)
    expect((await registration(world, 'DELETE', { path, token })).status).toBe(401)
    const client = { client_id: id, client_secret: String(body['client_secret']) }
    const redeemed = await world.house.send('/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...client, grant_type: 'authorization_code', code: 'any' }).toString(),
    })
    expect(JSON.parse(redeemed.body)).toMatchObject({ error: 'invalid_client' })
  })
})
