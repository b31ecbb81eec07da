/**
 * What the modules of the plans Dynamic and 3rd Party-Init look at once a client has registered itself, with anybody's
 * right to (PROFILE=conformance) and with a token of an operator: each test bears the name of its module.
 */
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { sampleClient } from '../support/memory-desk.ts'
import { claimsIn, locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { CALLBACK, issueToken, POLICY, registration } from '../support/registering.ts'

let world: ProviderWorld
afterEach(async () => {
  jest.restoreAllMocks()
  await world.close()
})

const JWKS_URI = 'https://lab.school.example/keys.json'

async function newKey(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } }
}

type Key = Awaited<ReturnType<typeof newKey>>

/** Registers by the profile's own way; `published` is what lies at the client's address for its keys at the moment. */
async function open(profile: 'conformance' | 'production', document: object, published: Key[] = []) {
  const asked: string[] = []
  world = await openProviderWorld({
    config: { profile },
    outboundFetch: async (url) => {
      asked.push(url)
      return Response.json({ keys: published.map(({ jwk }) => jwk) })
    },
  })
  const policy = { ...POLICY, authMethods: [...POLICY.authMethods, 'private_key_jwt'] }
  const token = profile === 'production' ? (await issueToken(world, { policy })).value : undefined
  const registered = await registration(world, 'POST', { document, token })
  return { ...registered, id: String(registered.body['client_id']), asked, visitor: newVisitor(world) }
}

async function askWithKey(client: string, { kid, privateKey }: Key, fields: Record<string, string>) {
  const exp = Math.floor(Date.now() / 1_000) + 60
  const claims = { iss: client, sub: client, aud: world.issuer, jti: crypto.randomUUID(), exp }
  const client_assertion = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey)
  const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  const answer = await world.house.send('/token', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...fields, client_assertion, client_assertion_type }).toString(),
  })
  return { status: answer.status, body: JSON.parse(answer.body) }
}

const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' }
const withKeys = {
  redirect_uris: [CALLBACK],
  ...{ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: JWKS_URI, scope: 'openid offline_access' },
  grant_types: ['authorization_code', 'refresh_token'],
}

describe.each(['conformance', 'production'] as const)('PROFILE=%s', (profile) => {
  async function redeemed(published: Key[], key: Key) {
    const { status, id, visitor, asked } = await open(profile, withKeys, published)
    expect(status).toBe(201)
    const code = await visitor.signIn({ client: id, redirectUri: CALLBACK, params: OFFLINE })
    const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: visitor.verifier }
    return { id, asked, answer: await askWithKey(id, key, form) }
  }

  test('oidcc-registration-jwks-uri', async () => {
    const own = await newKey('one')
    const { id, answer, asked } = await redeemed([own], own)
    expect([answer.status, claimsIn(answer.body.id_token)['aud'], asked]).toEqual([200, id, [JWKS_URI]])
    const foreign = await askWithKey(id, await newKey('one'), { grant_type: 'refresh_token', refresh_token: 'x' })
    expect([foreign.status, foreign.body.error]).toEqual([401, 'invalid_client'])
  })

  test('oidcc-refresh-token-rp-key-rotation', async () => {
    const [first, second] = [await newKey('one'), await newKey('two')]
    const published = [first]
    const { id, answer, asked } = await redeemed(published, first)
    published.splice(0, 1, second)
    // The library's own clock: what was fetched is good for a minute.
    const { now } = Date
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 61_000)
    const form = { grant_type: 'refresh_token', refresh_token: String(answer.body.refresh_token) }
    const refreshed = await askWithKey(id, second, form)
    expect([refreshed.status, asked]).toEqual([200, [JWKS_URI, JWKS_URI]])
    expect((await askWithKey(id, first, form)).body).toMatchObject({ error: 'invalid_client' })
  })

  test('oidcc-redirect-uri-query-OK', async () => {
    const callback = `${CALLBACK}?foo=bar`
    const { status, id, visitor } = await open(profile, { redirect_uris: [callback] })
    expect(status).toBe(201)
    const asked = { client: id, redirectUri: callback, params: { scope: 'openid' } }
    const end = locationOf(await visitor.finish(await visitor.authorize(asked)))
    expect(`${end?.origin}${end?.pathname}`).toBe(CALLBACK)
    expect(Object.fromEntries(end?.searchParams ?? [])).toMatchObject({ foo: 'bar', code: expect.any(String) })
  })

  test('oidcc-ensure-redirect-uri-in-authorization-request', async () => {
    const { id, visitor } = await open(profile, { redirect_uris: [CALLBACK] })
    const address = visitor.authorizationAddress({ client: id, redirectUri: CALLBACK, params: { scope: 'openid' } })
    const answer = await visitor.go(address.replace(/redirect_uri=[^&]+&/, ''))
    expect([answer.status, answer.headers.location]).toEqual([400, undefined])
    expect((await visitor.go(address)).status).toBe(303)
  })

  test('oidcc-3rd_party-init-login-nohttps', async () => {
    const begin = 'http://lab.school.example/begin'
    const { status, body } = await open(profile, { redirect_uris: [CALLBACK], initiate_login_uri: begin })
    expect([status, body['error']]).toEqual([400, 'invalid_client_metadata'])
  })
})

test('oidcc-3rd_party-init-login', async () => {
  const begin = 'https://library.school.example/begin'
  world = await openProviderWorld({
    config: { profile: 'conformance' },
    // Who registered itself stands on no page of ours: the plan's client is of the file.
    clients: [sampleClient('canteen'), sampleClient('library', { initiate_login_uri: begin })],
  })
  const visitor = newVisitor(world)
  await visitor.signIn({ client: 'canteen' })
  expect((await visitor.go('/')).body).toContain(`href="${begin}?iss=${encodeURIComponent(world.issuer)}"`)
  // The application sends the browser to the issuer that it was told of, and nobody is asked again.
  expect(locationOf(await visitor.authorize())?.searchParams.get('code')).toBeTruthy()
})
