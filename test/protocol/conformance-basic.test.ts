/**
 * What the modules of the OpenID Foundation's plans Basic and Config look at, module by module: each test bears the
 * name of its module. docs/integration/conformance.md lists these and those that stand elsewhere.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { Answer } from '../support/house.ts'
import { SAMPLE_SECRET, sampleClient } from '../support/memory-desk.ts'
import { claimsIn, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
beforeAll(async () => {
  const plain = { pkce_exempt: 'the suite sends no PKCE', scope: 'openid profile email phone offline_access' }
  world = await openProviderWorld({
    clients: [
      sampleClient('library', plain),
      sampleClient('post', { ...plain, token_endpoint_auth_method: 'client_secret_post' }),
    ],
  })
})
afterAll(() => world.close())

const ask = (params: Record<string, string> = {}) => ({ verifier: null, params: { scope: 'openid', ...params } })
const answerOf = (answer: Answer) => Object.fromEntries(locationOf(answer)?.searchParams ?? [])

async function tokensFor(params?: Record<string, string>, visitor: Visitor = newVisitor(world)) {
  const { status, body } = await visitor.redeem(await visitor.signIn(ask(params)), ask())
  expect(status).toBe(200)
  return { visitor, body, claims: claimsIn(body['id_token']) }
}

describe('Config', () => {
  test('oidcc-discovery-endpoint-verification', async () => {
    const { body } = await world.house.send('/.well-known/openid-configuration')
    const document = JSON.parse(body)
    expect(document).toMatchObject({ issuer: world.issuer, claims_parameter_supported: true })
    expect(document.id_token_signing_alg_values_supported).toContain('RS256')
    for (const name of ['authorization', 'token', 'userinfo', 'registration', 'end_session']) {
      expect(document[`${name}_endpoint`]).toMatch(new RegExp(`^${world.issuer}/`))
    }
    expect(document.jwks_uri).toBe(`${world.issuer}/jwks`)
  })
})

describe('Basic', () => {
  test('oidcc-server', async () => {
    const { claims, body, visitor } = await tokensFor()
    expect(claims).toMatchObject({ iss: world.issuer, aud: 'library', nonce: 'opaque-nonce' })
    expect((await visitor.userinfo(body['access_token'])).body['sub']).toBe(claims['sub'])
  })

  test('oidcc-response-type-missing', async () => {
    const visitor = newVisitor(world)
    const address = visitor.authorizationAddress(ask()).replace('response_type=code&', '')
    const answer = await visitor.go(address)
    expect(answerOf(answer)).toMatchObject({ error: 'invalid_request', state: 'opaque-state' })
  })

  test('oidcc-idtoken-signature', async () => {
    const { body } = await tokensFor()
    const keys = createLocalJWKSet(JSON.parse((await world.house.send('/jwks')).body))
    await jwtVerify(String(body['id_token']), keys, { issuer: world.issuer, audience: 'library' })
  })

  test('oidcc-userinfo-post-header', async () => {
    const { body, claims } = await tokensFor()
    const answer = await world.house.send('/me', {
      method: 'POST',
      headers: { authorization: `Bearer ${String(body['access_token'])}`, 'content-length': '0' },
    })
    expect([answer.status, JSON.parse(answer.body)['sub']]).toEqual([200, claims['sub']])
  })

  test('oidcc-userinfo-post-body', async () => {
    const { body, claims } = await tokensFor()
    const answer = await world.house.send('/me', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ access_token: String(body['access_token']) }).toString(),
    })
    expect([answer.status, JSON.parse(answer.body)['sub']]).toEqual([200, claims['sub']])
  })

  test('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
    const visitor = newVisitor(world)
    const address = visitor.authorizationAddress(ask()).replace('&nonce=opaque-nonce', '')
    const code = answerOf(await visitor.finish(await visitor.go(address)))['code']
    const { body } = await visitor.redeem(code ?? '', ask())
    expect(claimsIn(body['id_token'])).not.toHaveProperty('nonce')
  })

  test('oidcc-scope-profile', async () => {
    const { visitor, body } = await tokensFor({ scope: 'openid profile' })
    expect((await visitor.userinfo(body['access_token'])).body).toHaveProperty('name')
  })

  test('oidcc-ensure-other-scope-order-succeeds', async () => {
    const { visitor, body } = await tokensFor({ scope: 'profile openid' })
    expect((await visitor.userinfo(body['access_token'])).body).toHaveProperty('name')
  })

  test.each([
    ['oidcc-display-page', { display: 'page' }],
    ['oidcc-display-popup', { display: 'popup' }],
    ['oidcc-ui-locales', { ui_locales: 'se en' }],
    ['oidcc-claims-locales', { claims_locales: 'se' }],
    ['oidcc-ensure-request-with-unknown-parameter-succeeds', { extra: 'foobar' }],
    ['oidcc-ensure-request-with-acr-values-succeeds', { acr_values: '1 2' }],
  ])('%s', async (_module, params) => {
    expect((await tokensFor(params)).claims['sub']).toBeTruthy()
  })

  test('oidcc-login-hint', async () => {
    const visitor = newVisitor(world)
    const page = locationOf(await visitor.authorize(ask({ login_hint: '202407010101' })))?.href ?? ''
    expect((await visitor.visit(page)).params['login_hint']).toBe('202407010101')
  })

  test('oidcc-prompt-login', async () => {
    const { visitor, claims } = await tokensFor()
    const answer = await visitor.authorize(ask({ prompt: 'login' }))
    expect(locationOf(answer)?.pathname).toMatch(/^\/interaction\//)
    const again = await visitor.redeem(answerOf(await visitor.finish(answer))['code'] ?? '', ask())
    expect(claimsIn(again.body['id_token'])['sub']).toBe(claims['sub'])
  })

  test('oidcc-prompt-none-not-logged-in', async () => {
    const answer = await newVisitor(world).authorize(ask({ prompt: 'none' }))
    expect(answerOf(answer)).toMatchObject({ error: 'login_required', state: 'opaque-state' })
  })

  test('oidcc-prompt-none-logged-in', async () => {
    const { visitor, claims } = await tokensFor()
    const code = answerOf(await visitor.authorize(ask({ prompt: 'none' })))['code']
    const { body } = await visitor.redeem(code ?? '', ask())
    expect(claimsIn(body['id_token'])).toMatchObject({ sub: claims['sub'], auth_time: claims['auth_time'] })
  })

  test('oidcc-max-age-10000', async () => {
    const { visitor, claims } = await tokensFor({ max_age: '10000' })
    const code = answerOf(await visitor.authorize(ask({ max_age: '10000' })))['code']
    const { body } = await visitor.redeem(code ?? '', ask())
    expect(claimsIn(body['id_token'])['auth_time']).toBe(claims['auth_time'])
  })

  test('oidcc-id-token-hint', async () => {
    const { visitor, body, claims } = await tokensFor()
    const asked = ask({ prompt: 'none', id_token_hint: String(body['id_token']) })
    const code = answerOf(await visitor.authorize(asked))['code']
    const again = await visitor.redeem(code ?? '', ask())
    expect(claimsIn(again.body['id_token'])['sub']).toBe(claims['sub'])
  })

  test('oidcc-codereuse', async () => {
    const visitor = newVisitor(world)
    const code = await visitor.signIn(ask())
    expect((await visitor.redeem(code, ask())).status).toBe(200)
    expect(await visitor.redeem(code, ask())).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('oidcc-ensure-registered-redirect-uri', async () => {
    const answer = await newVisitor(world).authorize({ ...ask(), redirectUri: 'https://library.school.example/foobar' })
    expect([answer.status, answer.headers.location]).toEqual([400, undefined])
  })

  test('oidcc-server-client-secret-post', async () => {
    const visitor = newVisitor(world)
    const code = await visitor.signIn({ ...ask(), client: 'post' })
    const redirect = 'https://post.school.example/callback'
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirect, client_id: 'post' }
    const answer = await world.house.send('/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...form, client_secret: SAMPLE_SECRET }).toString(),
    })
    expect(answer.status).toBe(200)
  })

  test('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const request = `${part({ alg: 'none' })}.${part({ scope: 'openid', state: 'from the object' })}.`
    const answer = await newVisitor(world).authorize(ask({ request }))
    expect(`${answer.headers.location ?? answer.body}`).toMatch(/invalid_request_object|request_not_supported/)
  })

  test('oidcc-claims-essential', async () => {
    const asked = { userinfo: { name: { essential: true } } }
    const { visitor, body } = await tokensFor({ claims: JSON.stringify(asked) })
    expect((await visitor.userinfo(body['access_token'])).body).toHaveProperty('name')
  })

  test('oidcc-ensure-request-with-valid-pkce-succeeds', async () => {
    const visitor = newVisitor(world)
    expect((await visitor.redeem(await visitor.signIn({ params: { scope: 'openid' } }))).status).toBe(200)
  })

  test('oidcc-refresh-token', async () => {
    const { visitor, body } = await tokensFor({ scope: 'openid offline_access', prompt: 'consent' })
    expect((await visitor.refresh(body['refresh_token'])).status).toBe(200)
  })
})
