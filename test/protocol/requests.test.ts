/** How a request for a sign-in may come besides plain parameters: pushed (RFC 9126) or signed (RFC 9101). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT, UnsecuredJWT } from 'jose'
import { sampleClient } from '../support/memory-desk.ts'
import { callbackOf, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { openRealWorld, type RealWorld } from '../support/real-world.ts'

let real: RealWorld
let world: ProviderWorld
let visitor: Visitor
let keys: Awaited<ReturnType<typeof generateKeyPair>>
let others: typeof keys
beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true })
  others = await generateKeyPair('ES256', { extractable: true })
  const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), alg: 'ES256', use: 'sig' }] }
  real = await openRealWorld([
    sampleClient('library'),
    sampleClient('canteen'),
    sampleClient('pushing', { require_pushed_authorization_requests: true }),
    sampleClient('signing', { require_signed_request_object: true, jwks }),
  ])
  world = real.world
  visitor = newVisitor(world)
  await visitor.signIn({}, real.sign)
})
afterAll(() => real.close())

const paramsOf = (client: string, params: Record<string, string> = {}) =>
  Object.fromEntries(new URLSearchParams(visitor.authorizationAddress({ client, params }).split('?')[1]))

const queryOf = (params: Record<string, string>) => `/auth?${new URLSearchParams(params)}`

interface Outcome {
  code: string | null
  error: string | null
  iss: string | null
  to: string | null
}

/** What came back to the relying party, or what the error page says. */
async function outcome(address: string): Promise<Outcome> {
  const answer = await visitor.go(address)
  const to = locationOf(answer)
  const found = (name: string) => to?.searchParams.get(name) ?? null
  const error = to ? found('error') : JSON.parse(answer.body).code
  return { code: found('code'), error, iss: found('iss'), to: to && `${to.origin}${to.pathname}` }
}

async function push(client: string, params: Record<string, string> = {}) {
  return visitor.machine('/request', paramsOf(client, params), client)
}

describe('a pushed request', () => {
  const pushed = async (client = 'library', params = {}) => String((await push(client, params)).body['request_uri'])

  test('leads to a code once, for a minute', async () => {
    const { status, body } = await push('library')
    expect([status, body['expires_in']]).toEqual([201, 60])
    const address = queryOf({ client_id: 'library', request_uri: String(body['request_uri']) })
    expect(await outcome(address)).toMatchObject({ code: expect.any(String), iss: world.issuer })
    expect(await outcome(address)).toMatchObject({ code: null, error: 'invalid_request_uri' })
  })

  test('is used up once by eight tabs that open it at once', async () => {
    const address = queryOf({ client_id: 'library', request_uri: await pushed() })
    const answers = await Promise.all(Array.from({ length: 8 }, () => outcome(address)))
    expect(answers.filter(({ code }) => code !== null)).toHaveLength(1)
    expect(answers.filter(({ error }) => error === 'invalid_request_uri')).toHaveLength(7)
  })

  test('of two visits that began with it only one is answered, as late as that may be', async () => {
    const { put } = world.needs.expiring
    const kept: number[] = []
    world.needs.expiring.put = (key, value, expiry) => {
      if (key.startsWith('oidc:pushed-')) kept.push(expiry.seconds)
      return put(key, value, expiry)
    }
    const address = queryOf({ client_id: 'library', request_uri: await pushed() })
    world.needs.expiring.put = put
    expect(kept).toEqual([60 + 15 * 60])
    const visits = await Promise.all(
      [newVisitor(world), newVisitor(world)].map(async (one) => ({ one, arrived: await one.go(address) })),
    )
    const codes: unknown[] = []
    for (const { one, arrived } of visits) {
      codes.push(locationOf(await one.finish(arrived, real.sign))?.searchParams.get('code') ?? null)
    }
    expect(codes).toEqual([expect.any(String), null])
  })

  test('is nothing that the browser can change', async () => {
    const request_uri = await pushed('library', { scope: 'openid' })
    const more = { redirect_uri: 'https://elsewhere.example/', scope: 'openid profile', state: 'another' }
    const { to, code } = await outcome(queryOf({ client_id: 'library', request_uri, ...more }))
    expect([to, code]).toEqual([callbackOf('library'), expect.any(String)])
    const { body } = await visitor.redeem(String(code))
    expect(body['scope']).toBe('openid')
  })

  test('is nobody else’s', async () => {
    const request_uri = await pushed()
    const { code, to } = await outcome(queryOf({ client_id: 'canteen', request_uri }))
    expect([code, to]).toEqual([null, null])
    expect((await outcome(queryOf({ client_id: 'library', request_uri }))).code).not.toBeNull()
  })

  test('that nobody pushed, or without a client that shows its secret, is none', async () => {
    const request_uri = 'urn:ietf:params:oauth:request_uri:nobodys'
    expect((await outcome(queryOf({ client_id: 'library', request_uri }))).error).toBe('invalid_request_uri')
    const wrong = { authorization: `Basic ${Buffer.from('library:wrong').toString('base64')}` }
    expect((await visitor.machine('/request', paramsOf('library'), 'library', wrong)).status).toBe(401)
  })

  test('is the only way for a client that is registered so', async () => {
    expect(await outcome(queryOf(paramsOf('pushing')))).toMatchObject({ code: null, error: 'invalid_request' })
    const request_uri = await pushed('pushing')
    expect((await outcome(queryOf({ client_id: 'pushing', request_uri }))).code).not.toBeNull()
  })
})

test('a pushed request that is older than a minute is none, although it is still remembered', async () => {
  const own = await openProviderWorld()
  const party = newVisitor(own)
  const params = Object.fromEntries(new URLSearchParams(party.authorizationAddress().split('?')[1]))
  const { body } = await party.machine('/request', params, 'library')
  own.store.edit('oidc:pushed-', (record) => {
    record['exp'] = Math.floor(Date.now() / 1_000) - 1
  })
  const answer = await party.go(queryOf({ client_id: 'library', request_uri: String(body['request_uri']) }))
  expect(JSON.parse(answer.body)).toMatchObject({ page: 'error', code: 'invalid_request_uri' })
  await own.close()
})

/** `undefined` takes a claim away. */
type Changes = Record<string, unknown>

describe('a signed request', () => {
  const now = () => Math.floor(Date.now() / 1_000)
  const claims = (changes: Changes = {}) => ({
    ...paramsOf('signing'),
    iss: 'signing',
    aud: world.issuer,
    exp: now() + 60,
    ...changes,
  })

  async function signed(changes: Changes = {}, header: Partial<JWTHeaderParameters> = {}, by = keys) {
    const protectedHeader = { alg: 'ES256', typ: 'oauth-authz-req+jwt', ...header }
    return new SignJWT(claims(changes)).setProtectedHeader(protectedHeader).sign(by.privateKey)
  }
  const address = (request: string, more = {}) => queryOf({ client_id: 'signing', request, ...more })

  test('leads to a code, and what stands beside it counts for nothing', async () => {
    const more = {
      response_type: 'code',
      scope: 'openid profile',
      state: 'another',
      redirect_uri: 'https://x.example/',
    }
    const answer = await visitor.go(address(await signed({ scope: 'openid' }), more))
    const to = locationOf(answer)
    expect(to?.href).toContain(callbackOf('signing'))
    expect(to?.searchParams.get('state')).toBe('opaque-state')
    const { body } = await visitor.redeem(to?.searchParams.get('code') ?? '', { client: 'signing' })
    expect(body['scope']).toBe('openid')
  })

  test('may be pushed', async () => {
    const request = await signed()
    const { status, body } = await visitor.machine('/request', { request }, 'signing')
    expect(status).toBe(201)
    const pushed = queryOf({ client_id: 'signing', request_uri: String(body['request_uri']) })
    expect((await outcome(pushed)).code).not.toBeNull()
  })

  const wrong: [string, () => Promise<string>][] = [
    ['by another key', () => signed({}, {}, others)],
    ['for another audience', () => signed({ aud: 'https://another.example' })],
    ['for nobody', () => signed({ aud: undefined })],
    ['by another issuer', () => signed({ iss: 'library' })],
    ['that has expired', () => signed({ exp: now() - 60 })],
    ['without an end', () => signed({ exp: undefined })],
    ['for longer than five minutes', () => signed({ exp: now() + 3_600 })],
    ['that is not good yet', () => signed({ nbf: now() + 600 })],
    ['that would pass for an assertion', () => signed({ sub: 'signing' })],
    ['of another type', () => signed({}, { typ: 'at+jwt' })],
    ['that holds a request', async () => signed({ request: await signed() })],
    ['of nobody (alg none)', async () => new UnsecuredJWT(claims()).encode()],
    [
      'by a secret that both know',
      () => new SignJWT(claims()).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32)),
    ],
  ]
  test.each(wrong)('%s is refused', async (_what, make) => {
    expect(await outcome(address(await make()))).toMatchObject({ code: null, error: 'invalid_request_object' })
  })

  test('that names another client is refused, and nobody is sent anywhere', async () => {
    const found = await outcome(address(await signed({ client_id: 'library' })))
    expect(found).toMatchObject({ code: null, error: 'invalid_request_object' })
  })

  test('is taken by value alone: no address of anybody is asked for it', async () => {
    const plain = { ...paramsOf('library'), request_uri: 'https://library.school.example/request' }
    expect(await outcome(queryOf(plain))).toMatchObject({ code: null, error: 'request_uri_not_supported' })
  })

  test('is the only way for a client that is registered so', async () => {
    expect(await outcome(queryOf(paramsOf('signing')))).toMatchObject({ code: null, error: 'invalid_request' })
  })
})

test('discovery says what is taken', async () => {
  const { body } = await world.house.send('/.well-known/openid-configuration')
  expect(JSON.parse(body)).toMatchObject({
    request_parameter_supported: true,
    request_uri_parameter_supported: false,
    request_object_signing_alg_values_supported: ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'],
    dpop_signing_alg_values_supported: ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'],
    token_endpoint_auth_signing_alg_values_supported: ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'],
    id_token_signing_alg_values_supported: ['ES256', 'RS256'],
    pushed_authorization_request_endpoint: `${world.issuer}/request`,
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['S256'],
  })
})
