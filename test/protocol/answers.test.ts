/** What all answers share (RFC 9207, algorithms), and what revocation (RFC 7009) makes of each kind of token. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeProtectedHeader } from 'jose'
import { sampleClient, sampleResourceServer } from '../support/memory-desk.ts'
import { callbackOf, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openRealWorld, type RealWorld } from '../support/real-world.ts'

const ROOMS = 'https://rooms.school.example/'
const offline = { scope: 'openid profile offline_access', prompt: 'consent' }

let real: RealWorld
let visitor: Visitor
beforeAll(async () => {
  real = await openRealWorld([
    sampleClient('library', { resources: [{ identifier: ROOMS, scopes: ['grades:read'] }] }),
    sampleClient('older', { id_token_signed_response_alg: 'RS256' }),
    sampleClient('canteen'),
    sampleClient('club', { first_party: false }),
  ])
  await real.world.needs.resourceServers.put(sampleResourceServer(ROOMS, null))
  visitor = newVisitor(real.world)
  await visitor.signIn({}, real.sign)
})
afterAll(() => real.close())

describe('an answer to a relying party names its sender (RFC 9207)', () => {
  test.each([
    ['that is a code', {}, null],
    ['to a request for a scope that the client may not have', { scope: 'openid eduperson' }, 'invalid_scope'],
    ['to another flow', { response_type: 'id_token' }, 'unsupported_response_type'],
    ['to PKCE of another kind', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['to a signed request that is none', { request: 'a.b.c' }, 'invalid_request_object'],
    ['to a request by reference', { request_uri: 'https://library.school.example/r' }, 'request_uri_not_supported'],
    ['to a client of its own registration', { registration: '{}' }, 'registration_not_supported'],
  ])('%s', async (_what, params, error) => {
    const to = locationOf(await visitor.authorize({ params }))
    expect(`${to?.origin}${to?.pathname}`).toBe(callbackOf('library'))
    const found = Object.fromEntries(new URLSearchParams(to?.search || to?.hash.slice(1)))
    expect(found).toMatchObject({ iss: real.world.issuer, state: 'opaque-state' })
    expect(found['error'] ?? null).toBe(error)
  })

  test('that is nobody’s: nobody is signed in', async () => {
    const to = locationOf(await newVisitor(real.world).authorize({ params: { prompt: 'none' } }))
    expect(Object.fromEntries(to?.searchParams ?? [])).toMatchObject({
      error: 'login_required',
      iss: real.world.issuer,
    })
  })

  test('that a person refused', async () => {
    const arrived = await visitor.authorize({ client: 'club' })
    const end = await visitor.go(`${locationOf(arrived)?.pathname}/abandon`, {})
    const to = locationOf(await visitor.go(locationOf(end)?.pathname ?? ''))
    expect(Object.fromEntries(to?.searchParams ?? [])).toMatchObject({ error: 'access_denied', iss: real.world.issuer })
  })

  test.each([{}, { prompt: 'none', max_age: '0' }])('that a form carries there: %j', async (more) => {
    const { body } = await visitor.authorize({ params: { response_mode: 'form_post', ...more } })
    expect(body).toContain(`name="iss" value="${real.world.issuer}"`)
  })
})

test.each([
  ['library', 'ES256'],
  ['older', 'RS256'],
])('the ID token for %s is signed by %s', async (client, alg) => {
  const { body } = await visitor.redeem(await visitor.signIn({ client }, real.sign), { client })
  expect(decodeProtectedHeader(String(body['id_token'])).alg).toBe(alg)
})

describe('revocation', () => {
  async function tokens() {
    const { body } = await visitor.redeem(await visitor.signIn({ params: offline }, real.sign))
    return { accessToken: String(body['access_token']), refreshToken: String(body['refresh_token']) }
  }
  async function revoke(token: string, { hint, client = 'library' }: { hint?: string; client?: string } = {}) {
    const form = { token, ...(hint !== undefined && { token_type_hint: hint }) }
    const { status, body } = await visitor.machine('/token/revocation', form, client)
    return { status, error: body['error'] }
  }

  test.each([undefined, 'access_token', 'refresh_token', 'a_kind_of_our_own'])(
    'ends both tokens by either, with the hint %s',
    async (hint) => {
      for (const kind of ['accessToken', 'refreshToken'] as const) {
        const held = await tokens()
        expect((await revoke(held[kind], hint === undefined ? {} : { hint })).status).toBe(200)
        expect((await visitor.userinfo(held.accessToken)).status).toBe(401)
        expect((await visitor.refresh(held.refreshToken)).body['error']).toBe('invalid_grant')
      }
    },
  )

  test('of what is unknown or was revoked already says that it is done', async () => {
    const { accessToken } = await tokens()
    for (let times = 0; times < 2; times++) expect((await revoke(accessToken)).status).toBe(200)
    expect((await revoke('x')).status).toBe(200)
    expect((await revoke('x'.repeat(44))).status).toBe(200)
  })

  test('of a token of somebody else is refused, and ends nothing', async () => {
    const { accessToken, refreshToken } = await tokens()
    for (const token of [accessToken, refreshToken]) {
      expect(await revoke(token, { client: 'canteen' })).toEqual({ status: 400, error: 'invalid_request' })
    }
    expect((await visitor.userinfo(accessToken)).status).toBe(200)
    expect((await visitor.refresh(refreshToken)).status).toBe(200)
  })

  test('of a JWT cannot be, and says so', async () => {
    const params = { scope: 'openid grades:read', resource: ROOMS, prompt: 'consent' }
    const code = await visitor.signIn({ params }, real.sign)
    const form = { grant_type: 'authorization_code', code, code_verifier: visitor.verifier, resource: ROOMS }
    const { body } = await visitor.machine('/token', { ...form, redirect_uri: callbackOf('library') }, 'library')
    expect(decodeProtectedHeader(String(body['access_token'])).typ).toBe('at+jwt')
    expect(await revoke(String(body['access_token']))).toEqual({ status: 400, error: 'unsupported_token_type' })
  })

  test('is for clients that show who they are, and asks for a token', async () => {
    const { accessToken } = await tokens()
    const wrong = { authorization: `Basic ${Buffer.from('library:wrong').toString('base64')}` }
    const refused = await visitor.machine('/token/revocation', { token: accessToken }, 'library', wrong)
    expect([refused.status, refused.body['error']]).toEqual([401, 'invalid_client'])
    const empty = await visitor.machine('/token/revocation', {}, 'library')
    expect([empty.status, empty.body['error']]).toEqual([400, 'invalid_request'])
    expect((await visitor.userinfo(accessToken)).status).toBe(200)
  })
})
