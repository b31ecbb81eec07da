import { describe, expect, test } from '@jest/globals'
import { readClientsFile } from './read-clients-file.ts'

const portal = {
  client_id: 'portal',
  client_name: '门户',
  redirect_uris: ['https://portal.example.edu.cn/callback'],
  client_secrets: [{ env: 'PORTAL' }],
}
const app = {
  client_id: 'campus-app',
  client_name: '掌上校园',
  application_type: 'native',
  redirect_uris: ['cn.edu.example.app:/callback'],
  token_endpoint_auth_method: 'none',
}
const device = 'urn:ietf:params:oauth:grant-type:device_code'
const screen = {
  client_id: 'screen',
  client_name: '大屏',
  grant_types: [device],
  token_endpoint_auth_method: 'none',
}
const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }
const library = {
  client_id: 'library',
  client_name: '图书馆',
  redirect_uris: ['https://library.example.edu.cn/callback'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [key] },
}

async function pathsOf(client: unknown) {
  const secret = 'q7Hs0fLkz2Vd81mXbT4yWc9NpRjEaGuI'
  const reading = await readClientsFile({ clients: [client] }, async () => secret)
  return reading.ok ? [] : reading.problems.map(({ path }) => path)
}

describe('what contradicts itself', () => {
  const { client_secrets: _, ...withoutSecret } = portal
  test.each([
    ['a confidential client without a secret', withoutSecret, 'client_secrets'],
    ['a public client with a secret', { ...portal, token_endpoint_auth_method: 'none' }, 'client_secrets'],
    ['a key holder with a secret', { ...library, client_secrets: [{ env: 'PORTAL' }] }, 'client_secrets'],
    ['a key holder without a key', { ...library, jwks: null }, 'jwks'],
    ['two sources of keys', { ...library, jwks_uri: 'https://library.example.edu.cn/jwks' }, 'jwks'],
    ['keys that nothing uses', { ...portal, jwks: { keys: [key] } }, 'jwks'],
    ['a private key', { ...library, jwks: { keys: [key, { ...key, d: 'd' }] } }, 'jwks/keys/1'],
    ['a symmetric key', { ...library, jwks: { keys: [{ kty: 'oct', k: 'k' }] } }, 'jwks/keys/0'],
    ['a secret in an installed application', { ...portal, application_type: 'native' }, 'token_endpoint_auth_method'],
    ['an exempt public client', { ...app, pkce_exempt: 'the library is from 2012' }, 'pkce_exempt'],
    ['an exemption without a reason', { ...portal, pkce_exempt: '' }, 'pkce_exempt'],
    ['a scope without openid', { ...portal, scope: 'profile' }, 'scope'],
    ['a scope twice', { ...portal, scope: 'openid openid' }, 'scope'],
    [
      'refreshing without offline_access',
      { ...portal, grant_types: ['authorization_code', 'refresh_token'] },
      'grant_types',
    ],
    [
      'offline_access without refreshing',
      { ...portal, scope: 'openid offline_access', grant_types: ['authorization_code'] },
      'grant_types',
    ],
    ['no code flow', { ...portal, grant_types: ['refresh_token'], scope: 'openid offline_access' }, 'grant_types'],
    [
      'a sid sent nowhere',
      { ...portal, backchannel_logout_session_required: true },
      'backchannel_logout_session_required',
    ],
    ['an address twice', { ...portal, redirect_uris: ['https://a.example', 'https://a.example'] }, 'redirect_uris/1'],
    ['a page over http', { ...portal, post_logout_redirect_uris: ['http://a.example'] }, 'post_logout_redirect_uris/0'],
    ['keys over http', { ...library, jwks: null, jwks_uri: 'http://a.example/jwks' }, 'jwks_uri'],
    ['signed requests without a key', { ...portal, require_signed_request_object: true }, 'jwks'],
    [
      'a sign-in begun over http',
      { ...portal, initiate_login_uri: 'http://portal.example.edu.cn/begin' },
      'initiate_login_uri',
    ],
    ['a sign-in begun on loopback', { ...portal, initiate_login_uri: 'http://127.0.0.1/begin' }, 'initiate_login_uri'],
    ['an address that no device goes to', { ...screen, redirect_uris: portal.redirect_uris }, 'redirect_uris'],
    ['a response for a device', { ...screen, response_types: ['code'] }, 'response_types'],
    [
      'a device that refreshes without offline_access',
      { ...screen, grant_types: [device, 'refresh_token'] },
      'grant_types',
    ],
    ['implicit flow', { ...portal, response_types: ['id_token'] }, 'response_types/0'],
    ['no address at all', { ...portal, redirect_uris: [] }, 'redirect_uris'],
  ])('%s is a mistake', async (_what, client, field) => {
    expect(await pathsOf(client)).toContain(`/clients/0/${field}`)
  })

  test.each([
    ['keys for signed requests beside a secret', { require_signed_request_object: true, jwks: { keys: [key] } }],
    ['keys of that kind at an address', { require_signed_request_object: true, jwks_uri: 'https://a.example/jwks' }],
    ['an address where a sign-in begins', { initiate_login_uri: 'https://portal.example.edu.cn/begin' }],
    ['tokens that are bound to a key', { dpop_bound_access_tokens: true }],
    ['requests that are pushed', { require_pushed_authorization_requests: true }],
  ])('%s is none', async (_what, more) => {
    expect(await pathsOf({ ...portal, ...more })).toEqual([])
  })

  test.each([
    ['alone', {}],
    ['with claims and refreshing', { grant_types: [device, 'refresh_token'], scope: 'openid profile offline_access' }],
    ['with a secret', { token_endpoint_auth_method: 'client_secret_basic', client_secrets: [{ env: 'PORTAL' }] }],
    ['of the school', { first_party: true, subject_type: 'public' }],
    ['beside a browser', { grant_types: ['authorization_code', device], redirect_uris: ['https://screen.example/'] }],
  ])('a device %s is none', async (_what, more) => {
    expect(await pathsOf({ ...screen, ...more })).toEqual([])
  })

  test('is looked for only among the fields that can be read', async () => {
    expect(await pathsOf({ ...app, application_type: 'desktop' })).toEqual(['/clients/0/application_type'])
  })
})
