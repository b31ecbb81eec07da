/** Flows that fewer applications need, by the same two libraries: devices, signed requests, proof of possession. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { type Chromium, launchChromium } from '../support/chromium.ts'
import { enter, NAME, openWorld, SECRET, type World } from './world.ts'

const REDIRECT_URI = 'http://127.0.0.1:9/callback'
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const GRADES = 'https://api.school.example/grades'

let world: World
let chromium: Chromium
let keys: CryptoKeyPair

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(keys.publicKey)), alg: 'ES256', use: 'sig', kid: 'k1' }
  const web = { redirect_uris: [REDIRECT_URI], scope: 'openid profile' }
  world = await openWorld(
    [
      { client_id: 'web', ...web },
      { client_id: 'signing', ...web, jwks: { keys: [jwk] }, token_endpoint_auth_method: 'private_key_jwt' },
      {
        client_id: 'bound',
        ...web,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid profile offline_access',
        dpop_bound_access_tokens: true,
      },
      {
        client_id: 'screen',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: [DEVICE_GRANT],
        scope: 'openid profile',
        first_party: true,
      },
      {
        client_id: 'service',
        grant_types: ['client_credentials'],
        resources: [{ identifier: GRADES, scopes: ['grades:read'] }],
      },
      { client_id: 'grades-api', grant_types: [] },
    ],
    [
      {
        identifier: GRADES,
        name: '成绩',
        scopes: ['grades:read'],
        access_token_format: 'opaque',
        introspection_client: 'grades-api',
      },
    ],
  )
  chromium = await launchChromium()
}, 120_000)
afterAll(async () => {
  await chromium?.close()
  await world?.close()
})

/** A person with a phone, who lets the device in. */
async function allow(address: string): Promise<void> {
  const { page, context } = await chromium.newPerson({ viewport: { width: 390, height: 844 } })
  await page.goto(address)
  await page.getByRole('button', { name: '下一步', exact: true }).click()
  await page.getByRole('button', { name: '允许', exact: true }).click()
  await enter(page)
  await page.getByRole('heading', { level: 1 }).filter({ hasText: '设备已登录' }).waitFor()
  await context.close()
}

describe('openid-client', () => {
  const discover = (client: string, authentication: openid.ClientAuth) =>
    openid.discovery(new URL(world.issuer), client, { id_token_signed_response_alg: 'ES256' }, authentication, {
      execute: [openid.allowInsecureRequests],
    })

  async function request() {
    const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()]
    const parameters = {
      redirect_uri: REDIRECT_URI,
      scope: 'openid profile',
      state: expectedState,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    }
    return { parameters, checks: { pkceCodeVerifier, expectedState, idTokenExpected: true } }
  }

  test('a device that shows a code', async () => {
    const config = await discover('screen', openid.None())
    const shown = await openid.initiateDeviceAuthorization(config, { scope: 'openid profile' })
    const [tokens] = await Promise.all([
      openid.pollDeviceAuthorizationGrant(config, shown),
      allow(shown.verification_uri_complete ?? ''),
    ])
    const person = await openid.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? '')
    expect(person['name']).toBe(NAME)
  })

  test('a request that is signed', async () => {
    const config = await discover('signing', openid.PrivateKeyJwt({ key: keys.privateKey, kid: 'k1' }))
    const { parameters, checks } = await request()
    const key = { key: keys.privateKey, kid: 'k1' }
    const address = await openid.buildAuthorizationUrlWithJAR(config, parameters, key)
    const tokens = await openid.authorizationCodeGrant(config, await world.signIn(address), checks)
    expect(tokens.claims()?.aud).toBe('signing')
  })

  test('tokens that are bound to a key, and renewed with it', async () => {
    const config = await discover('bound', openid.None())
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'))
    const { parameters, checks } = await request()
    const offline = { ...parameters, scope: 'openid profile offline_access', prompt: 'consent' }
    const address = openid.buildAuthorizationUrl(config, offline)
    const arrived = await world.signIn(address)
    const tokens = await openid.authorizationCodeGrant(config, arrived, checks, undefined, { DPoP })
    expect(tokens.token_type).toBe('dpop')
    const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
    const sub = tokens.claims()?.sub ?? ''
    expect(await openid.fetchUserInfo(config, renewed.access_token, sub, { DPoP })).toMatchObject({ name: NAME })
    await expect(openid.fetchUserInfo(config, renewed.access_token, sub)).rejects.toThrow()
  })
})

describe('oauth4webapi', () => {
  const options = { [oauth.allowInsecureRequests]: true }
  let provider: oauth.AuthorizationServer
  beforeAll(async () => {
    const found = await oauth.discoveryRequest(new URL(world.issuer), options)
    provider = await oauth.processDiscoveryResponse(new URL(world.issuer), found)
  })

  test('a device that shows a code', async () => {
    const client = { client_id: 'screen' }
    const parameters = { scope: 'openid profile' }
    const asked = await oauth.deviceAuthorizationRequest(provider, client, oauth.None(), parameters, options)
    const shown = await oauth.processDeviceAuthorizationResponse(provider, client, asked)
    const ask = async () =>
      oauth.processDeviceCodeResponse(
        provider,
        client,
        await oauth.deviceCodeGrantRequest(provider, client, oauth.None(), shown.device_code, options),
      )
    await expect(ask()).rejects.toMatchObject({ error: 'authorization_pending' })
    await expect(ask()).rejects.toMatchObject({ error: 'slow_down' })
    await allow(shown.verification_uri_complete ?? '')
    const tokens = await ask()
    expect(oauth.getValidatedIdTokenClaims(tokens)?.aud).toBe('screen')
    await expect(ask()).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  test('a request that is pushed, and signed', async () => {
    const client = { client_id: 'signing' }
    const key = { key: keys.privateKey, kid: 'k1' }
    const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()]
    const parameters = {
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: 'openid profile',
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }
    const signed = await oauth.issueRequestObject(provider, client, parameters, key)
    const authentication = oauth.PrivateKeyJwt(key)
    const pushed = await oauth.pushedAuthorizationRequest(
      provider,
      client,
      authentication,
      { request: signed },
      options,
    )
    const { request_uri } = await oauth.processPushedAuthorizationResponse(provider, client, pushed)
    const address = new URL(provider.authorization_endpoint ?? '')
    address.search = new URLSearchParams({ client_id: 'signing', request_uri }).toString()
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
    const tokens = await oauth.processAuthorizationCodeResponse(provider, client, answer, { requireIdToken: true })
    expect(oauth.getValidatedIdTokenClaims(tokens)?.aud).toBe('signing')
  })

  test('a token of a service that is bound to its key, and what the API is told of that', async () => {
    const client: oauth.Client = { client_id: 'service' }
    const pair = await oauth.generateKeyPair('ES256')
    const DPoP = oauth.DPoP(client, pair)
    const answer = await oauth.clientCredentialsGrantRequest(
      provider,
      client,
      oauth.ClientSecretBasic(SECRET),
      { resource: GRADES },
      { ...options, DPoP },
    )
    const { access_token, token_type } = await oauth.processClientCredentialsResponse(provider, client, answer)
    expect(token_type).toBe('dpop')
    const api = { client_id: 'grades-api' }
    const told = await oauth.introspectionRequest(provider, api, oauth.ClientSecretBasic(SECRET), access_token, options)
    expect(await oauth.processIntrospectionResponse(provider, api, told)).toMatchObject({
      active: true,
      cnf: { jkt: await DPoP.calculateThumbprint() },
    })
  })
})
