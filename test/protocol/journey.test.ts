import { afterEach, describe, expect, test } from '@jest/globals'
import * as client from 'openid-client'
import { SAMPLE_SECRET, sampleClient } from '../support/memory-desk.ts'
import { claimsIn, locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
afterEach(() => world.close())

async function discover(id: string, secret: string | undefined, alg: string): Promise<client.Configuration> {
  return client.discovery(new URL(world.issuer), id, { id_token_signed_response_alg: alg }, secretOf(secret), {
    execute: [client.allowInsecureRequests],
  })
}

function secretOf(secret: string | undefined): client.ClientAuth {
  return secret === undefined ? client.None() : client.ClientSecretBasic(secret)
}

describe('a certified client library', () => {
  test.each([
    ['a confidential client', 'library', SAMPLE_SECRET, 'ES256'],
    ['a client that asks for RS256', 'canteen', SAMPLE_SECRET, 'RS256'],
    ['an app that can keep no secret', 'app', undefined, 'ES256'],
  ])('signs a person in for %s, refreshes and revokes', async (_what, id, secret, alg) => {
    const method = secret === undefined ? 'none' : 'client_secret_basic'
    const changes = { token_endpoint_auth_method: method, id_token_signed_response_alg: alg }
    world = await openProviderWorld({ clients: [sampleClient(id, changes)] })
    const config = await discover(id, secret, alg)
    client.enableNonRepudiationChecks(config)

    const verifier = client.randomPKCECodeVerifier()
    const expected = {
      pkceCodeVerifier: verifier,
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
    }
    const address = client.buildAuthorizationUrl(config, {
      redirect_uri: `https://${id}.school.example/callback`,
      scope: 'openid profile campus_basic offline_access',
      prompt: 'consent',
      state: expected.expectedState,
      nonce: expected.expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const visitor = newVisitor(world)
    const returned = locationOf(await visitor.finish(await visitor.go(address.href)))
    const tokens = await client.authorizationCodeGrant(config, returned ?? address, {
      ...expected,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    expect(claims).toMatchObject({ aud: id, acr: 'urn:campus-id:acr:password', amr: ['pwd'] })
    expect(claims?.auth_time).toBeGreaterThan(Date.now() / 1_000 - 60)

    const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '')
    expect(userinfo).toEqual({
      sub: claims?.sub,
      name: '吴兰',
      preferred_username: '202407010101',
      campus_id: '202407010101',
      campus_type: 'undergraduate',
      campus_type_name: '本科生',
      campus_status: 'active',
      updated_at: expect.any(Number),
    })

    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(refreshed.claims()?.sub).toBe(claims?.sub)
    await client.tokenRevocation(config, refreshed.refresh_token ?? tokens.refresh_token ?? '')
    await expect(client.fetchUserInfo(config, refreshed.access_token, claims?.sub ?? '')).rejects.toThrow()
    await expect(client.refreshTokenGrant(config, refreshed.refresh_token ?? '')).rejects.toThrow()
  })

  test('pushes its request first (RFC 9126), and the request can be used once', async () => {
    world = await openProviderWorld()
    const config = await discover('library', SAMPLE_SECRET, 'ES256')
    const verifier = client.randomPKCECodeVerifier()
    const address = await client.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: 'https://library.school.example/callback',
      scope: 'openid',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const visitor = newVisitor(world)
    const returned = locationOf(await visitor.finish(await visitor.go(address.href)))
    const tokens = await client.authorizationCodeGrant(config, returned ?? address, { pkceCodeVerifier: verifier })
    expect(tokens.claims()?.aud).toBe('library')
    expect((await visitor.go(address.href)).body).toContain('invalid_request_uri')
  })
})

describe('the discovery document', () => {
  test('offers what we mean to offer', async () => {
    world = await openProviderWorld()
    const { body } = await world.house.send('/.well-known/openid-configuration')
    const document = JSON.parse(body)
    expect(document).toMatchObject({
      issuer: world.issuer,
      authorization_endpoint: `${world.issuer}/auth`,
      token_endpoint: `${world.issuer}/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      subject_types_supported: ['pairwise', 'public'],
      authorization_response_iss_parameter_supported: true,
      backchannel_logout_supported: true,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    })
    expect(document.id_token_signing_alg_values_supported.toSorted()).toEqual(['ES256', 'RS256'])
    expect(document.grant_types_supported.toSorted()).toEqual([
      ...['authorization_code', 'client_credentials', 'refresh_token'],
      'urn:ietf:params:oauth:grant-type:device_code',
    ])
    expect(document.scopes_supported).toEqual([
      ...['openid', 'profile', 'campus_basic', 'campus_org', 'campus_study', 'campus_identities'],
      ...['phone', 'email', 'eduperson', 'offline_access'],
    ])
    expect(document.acr_values_supported).toContain('urn:campus-id:acr:two-factor')
    expect(document.claims_supported).not.toContain('address')
  })

  test('and the published keys hold no private part', async () => {
    world = await openProviderWorld()
    const { keys } = JSON.parse((await world.house.send('/jwks')).body)
    expect(keys).toHaveLength(2)
    for (const key of keys)
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(key).not.toHaveProperty(secret)
  })
})

describe('the subject', () => {
  const sub = async (id: string) => {
    const visitor = newVisitor(world)
    const { body } = await visitor.redeem(await visitor.signIn({ client: id }), { client: id })
    return claimsIn(body['id_token'])['sub']
  }

  test('differs from host to host, stays the same, and is never the person or the number', async () => {
    world = await openProviderWorld({ clients: [sampleClient('library'), sampleClient('canteen')] })
    const library = await sub('library')
    expect(await sub('library')).toBe(library)
    expect(await sub('canteen')).not.toBe(library)
    expect(['lan', '202407010101']).not.toContain(library)
  })

  test('is one for all clients that are registered as public', async () => {
    const subject_type = 'public' as const
    const clients = [sampleClient('library', { subject_type }), sampleClient('canteen', { subject_type })]
    world = await openProviderWorld({ clients })
    expect(await sub('canteen')).toBe(await sub('library'))
  })

  test('stays when a client registers a second host behind its first', async () => {
    world = await openProviderWorld()
    const before = await sub('library')
    const second = 'https://books.school.example/callback'
    const redirect_uris = ['https://library.school.example/callback', second]
    await world.needs.clients.put(sampleClient('library', { redirect_uris }))
    expect(await sub('library')).toBe(before)
    const visitor = newVisitor(world)
    const { status } = await visitor.redeem(await visitor.signIn({ redirectUri: second }), { redirectUri: second })
    expect(status).toBe(200)
  })
})
