/** The two strictest client libraries there are, each through every flow: what they refuse, others refuse as well. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { openWorld, SECRET, type World } from './world.ts'

const REDIRECT_URI = 'http://127.0.0.1:9/callback'
const ROOMS = 'https://api.school.example/rooms'
const GRADES = 'https://api.school.example/grades'
const SCOPE = 'openid profile offline_access'

let world: World
let keys: CryptoKeyPair

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(keys.publicKey)), alg: 'ES256', use: 'sig', kid: 'k1' }
  const resources = [
    { identifier: ROOMS, scopes: ['rooms:read'] },
    { identifier: GRADES, scopes: ['grades:read'] },
  ]
  const web = { redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code', 'refresh_token'], scope: SCOPE }
  world = await openWorld(
    [
      { client_id: 'web', ...web, resources },
      { client_id: 'older', ...web, id_token_signed_response_alg: 'RS256' },
      { client_id: 'native', ...web, application_type: 'native', token_endpoint_auth_method: 'none' },
      { client_id: 'service', grant_types: ['client_credentials'], resources },
      {
        client_id: 'keyed',
        grant_types: ['client_credentials'],
        resources,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [jwk] },
      },
      { client_id: 'grades-api', grant_types: [] },
    ],
    [
      { identifier: ROOMS, name: '教室', scopes: ['rooms:read'], access_token_format: 'jwt' },
      {
        identifier: GRADES,
        name: '成绩',
        scopes: ['grades:read'],
        access_token_format: 'opaque',
        introspection_client: 'grades-api',
      },
    ],
  )
}, 120_000)
afterAll(() => world?.close())

describe('openid-client', () => {
  const discover = (client: string, authentication?: openid.ClientAuth, algorithm = 'ES256') =>
    openid.discovery(
      new URL(world.issuer),
      client,
      { id_token_signed_response_alg: algorithm, client_secret: SECRET },
      authentication ?? openid.ClientSecretBasic(SECRET),
      { execute: [openid.allowInsecureRequests] },
    )

  async function signIn(config: openid.Configuration, more: Record<string, string> = {}) {
    const [pkceCodeVerifier, expectedState, expectedNonce] = [
      openid.randomPKCECodeVerifier(),
      openid.randomState(),
      openid.randomNonce(),
    ]
    const parameters = {
      redirect_uri: REDIRECT_URI,
      scope: SCOPE,
      prompt: 'consent',
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      ...more,
    }
    const finish = (arrived: URL) =>
      openid.authorizationCodeGrant(config, arrived, {
        pkceCodeVerifier,
        expectedState,
        expectedNonce,
        idTokenExpected: true,
      })
    return { parameters, finish }
  }

  test.each([
    ['web', 'ES256'],
    ['older', 'RS256'],
  ])('code with PKCE, userinfo, refresh, revocation: %s, which signs with %s', async (client, algorithm) => {
    const config = await discover(client, undefined, algorithm)
    const { parameters, finish } = await signIn(config)
    const tokens = await finish(await world.signIn(openid.buildAuthorizationUrl(config, parameters)))
    const sub = tokens.claims()?.sub ?? ''
    expect(await openid.fetchUserInfo(config, tokens.access_token, sub)).toMatchObject({ sub, name: '吴岚' })
    const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(renewed.claims()?.sub).toBe(sub)
    await openid.tokenRevocation(config, renewed.refresh_token ?? tokens.refresh_token ?? '')
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  test('a native application, whose refresh tokens rotate', async () => {
    const config = await discover('native', openid.None())
    const { parameters, finish } = await signIn(config)
    const tokens = await finish(await world.signIn(openid.buildAuthorizationUrl(config, parameters)))
    const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token)
  })

  test('a request that was pushed', async () => {
    const config = await discover('web')
    const { parameters, finish } = await signIn(config)
    const tokens = await finish(await world.signIn(await openid.buildAuthorizationUrlWithPAR(config, parameters)))
    expect(tokens.claims()?.aud).toBe('web')
  })

  test('a token for an API, in the name of a person, and what the API is told about it', async () => {
    const config = await discover('web')
    const { parameters, finish } = await signIn(config, {
      resource: GRADES,
      scope: 'openid grades:read offline_access',
    })
    const tokens = await finish(await world.signIn(openid.buildAuthorizationUrl(config, parameters)))
    const { access_token } = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource: GRADES })
    const told = await openid.tokenIntrospection(await discover('grades-api'), access_token)
    expect(told).toMatchObject({ active: true, aud: GRADES, scope: 'grades:read', client_id: 'web' })
  })

  test('a client on its own account, by secret and by key', async () => {
    const bySecret = await openid.clientCredentialsGrant(await discover('service'), { resource: ROOMS })
    const config = await discover('keyed', openid.PrivateKeyJwt({ key: keys.privateKey, kid: 'k1' }))
    const byKey = await openid.clientCredentialsGrant(config, { resource: ROOMS })
    for (const { access_token, scope } of [bySecret, byKey]) {
      expect(access_token.split('.')).toHaveLength(3)
      expect(scope).toBe('rooms:read')
    }
  })
})

describe('oauth4webapi', () => {
  const options = { [oauth.allowInsecureRequests]: true }
  let provider: oauth.AuthorizationServer
  beforeAll(async () => {
    const found = await oauth.discoveryRequest(new URL(world.issuer), options)
    provider = await oauth.processDiscoveryResponse(new URL(world.issuer), found)
  })

  async function signIn(client: oauth.Client, authentication: oauth.ClientAuth) {
    const [verifier, state, nonce] = [
      oauth.generateRandomCodeVerifier(),
      oauth.generateRandomState(),
      oauth.generateRandomNonce(),
    ]
    const address = new URL(provider.authorization_endpoint ?? '')
    address.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: SCOPE,
      prompt: 'consent',
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString()
    // RFC 9207: it refuses an answer without `iss`, because our metadata promise one.
    const arrived = oauth.validateAuthResponse(provider, client, await world.signIn(address), state)
    const answer = await oauth.authorizationCodeGrantRequest(
      provider,
      client,
      authentication,
      arrived,
      REDIRECT_URI,
      verifier,
      options,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(provider, client, answer, {
      expectedNonce: nonce,
      requireIdToken: true,
    })
    await oauth.validateApplicationLevelSignature(provider, answer, options)
    return tokens
  }

  test.each([
    ['web', 'ES256'],
    ['older', 'RS256'],
  ])('code with PKCE, userinfo, refresh, revocation: %s, which signs with %s', async (client_id, algorithm) => {
    const client: oauth.Client = { client_id, id_token_signed_response_alg: algorithm }
    const authentication = oauth.ClientSecretBasic(SECRET)
    const tokens = await signIn(client, authentication)
    const sub = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? ''
    const asked = await oauth.userInfoRequest(provider, client, tokens.access_token, options)
    expect(await oauth.processUserInfoResponse(provider, client, sub, asked)).toMatchObject({ sub, name: '吴岚' })
    const refresh = async () =>
      oauth.processRefreshTokenResponse(
        provider,
        client,
        await oauth.refreshTokenGrantRequest(provider, client, authentication, tokens.refresh_token ?? '', options),
      )
    expect((await refresh()).access_token).not.toBe(tokens.access_token)
    const revoked = await oauth.revocationRequest(provider, client, authentication, tokens.refresh_token ?? '', options)
    await oauth.processRevocationResponse(revoked)
    await expect(refresh()).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  test('a native application', async () => {
    expect((await signIn({ client_id: 'native' }, oauth.None())).token_type).toBe('bearer')
  })

  test('a client on its own account, and introspection of its token', async () => {
    const client = { client_id: 'service' }
    const answer = await oauth.clientCredentialsGrantRequest(
      provider,
      client,
      oauth.ClientSecretBasic(SECRET),
      { resource: GRADES },
      options,
    )
    const { access_token } = await oauth.processClientCredentialsResponse(provider, client, answer)
    const api = { client_id: 'grades-api' }
    const told = await oauth.introspectionRequest(provider, api, oauth.ClientSecretBasic(SECRET), access_token, options)
    expect(await oauth.processIntrospectionResponse(provider, api, told)).toMatchObject({ active: true, aud: GRADES })
  })
})
