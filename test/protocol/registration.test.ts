/** Relying parties that register themselves (RFC 7591), with a token of an operator and within what it allows. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { hashSecret } from '../../src/clients/clients.ts'
import { revokeRegistrationToken } from '../../src/registration/registration.ts'
import { claimsIn, locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { CALLBACK, issueToken, POLICY, registration, wholeTransaction } from '../support/registering.ts'

let world: ProviderWorld
let now: number
beforeEach(async () => {
  now = Date.now()
  world = await openProviderWorld({ clock: () => new Date(now) })
})
afterEach(() => world.close())

const lab = { redirect_uris: [CALLBACK], client_name: '实验室预约' }
const register = async (document: object | string, token?: unknown) =>
  registration(world, 'POST', { document, ...(token !== undefined && { token }) })

async function registerLab(document: object = lab) {
  const { value } = await issueToken(world)
  return register(document, value)
}

describe('a registration', () => {
  test('answers what was registered, with the defaults of the protocol, and keeps the secret as a hash', async () => {
    const { token, value } = await issueToken(world)
    const { status, body } = await register(lab, value)
    expect([status, body]).toEqual([
      201,
      expect.objectContaining({
        client_id: expect.stringMatching(/^dynamic-[\w-]{22}$/),
        client_id_issued_at: expect.any(Number),
        client_secret: expect.stringMatching(/^[\w-]{43}$/),
        client_secret_expires_at: 0,
        registration_access_token: expect.stringMatching(/^[\w-]{43}$/),
        registration_client_uri: `${world.issuer}/reg/${body['client_id']}`,
        client_name: '实验室预约',
        redirect_uris: [CALLBACK],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        scope: 'openid profile',
        id_token_signed_response_alg: 'RS256',
        token_endpoint_auth_method: 'client_secret_basic',
        subject_type: 'pairwise',
      }),
    ])
    expect(Object.keys(body).filter((name) => name.startsWith('campus:'))).toEqual([])
    const record = await world.needs.clients.find(String(body['client_id']))
    expect(record).toMatchObject({
      managedBy: 'dynamic',
      secretHashes: [hashSecret(String(body['client_secret']))],
      metadata: { first_party: false, pkce_exempt: null, resources: [] },
      registration: { tokenId: token.id, accessHash: hashSecret(String(body['registration_access_token'])) },
    })
    expect(JSON.stringify(record)).not.toContain(String(body['client_secret']))
    expect(JSON.stringify(record)).not.toContain(String(body['registration_access_token']))
    expect(JSON.stringify(await world.needs.registrationTokens.list())).not.toContain(value)
  })

  test('answers its names in other languages too', async () => {
    const names = { client_name: '实验室预约', 'client_name#en': 'Laboratory', 'client_name#zh-CN': '实验室' }
    const { body } = await registerLab({ ...lab, ...names })
    expect(body).toMatchObject(names)
    const read = { path: `/reg/${body['client_id']}`, token: body['registration_access_token'] }
    expect((await registration(world, 'GET', read)).body).toMatchObject(names)
  })

  test('signs people in: with consent, with PKCE, with an ID token in RS256', async () => {
    const { body: client } = await registerLab({ ...lab, token_endpoint_auth_method: 'client_secret_post' })
    const visitor = newVisitor(world)
    const id = String(client['client_id'])
    const asked = { client: id, redirectUri: CALLBACK, params: { scope: 'openid profile' } }
    const withoutProof = await visitor.authorize({ ...asked, verifier: null })
    expect(withoutProof.headers.location).toContain('error=invalid_request')
    const page = locationOf(await visitor.authorize(asked))?.pathname ?? ''
    expect((await visitor.visit(page)).client).toMatchObject({ unvettedHosts: ['lab.school.example'] })
    const code = await visitor.signIn(asked)
    expect(await world.needs.consents.find('lan', id)).toMatchObject({ scopes: ['openid', 'profile'] })
    const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: visitor.verifier }
    const secret = String(client['client_secret'])
    const answer = await world.house.send('/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...form, client_id: id, client_secret: secret }).toString(),
    })
    expect(answer.body).toContain('id_token')
    const { id_token: idToken } = JSON.parse(answer.body)
    expect(JSON.parse(Buffer.from(idToken.split('.')[0], 'base64url').toString())).toMatchObject({ alg: 'RS256' })
    expect(claimsIn(idToken)).toMatchObject({ aud: id, iss: world.issuer })
  })

  test('leaves rows: who made the token, and which client came by it', async () => {
    const { token, value } = await issueToken(world)
    const { body } = await register(lab, value)
    const subject = `client:${body['client_id']}`
    expect(world.events).toContainEqual(
      expect.objectContaining({ event: 'registration-token.created', actor: 'operator:wang' }),
    )
    expect(world.events).toContainEqual(
      expect.objectContaining({
        event: 'client.registered',
        actor: `registration-token:${token.id}`,
        subject,
        address: '127.0.0.1',
      }),
    )
    expect(world.metrics.total('campus_registrations_total', { result: 'created' })).toBe(1)
  })

  test('of what we do not know leaves it out, and says so by not saying it', async () => {
    const { status, body } = await registerLab({ ...lab, software_id: 'x', contacts: ['a@lab.school.example'], x: 1 })
    expect(status).toBe(201)
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['software_id']))
    expect(body['contacts']).toBeUndefined()
  })
})

describe('without the right token', () => {
  test.each([
    ['none', undefined],
    ['a guess', 'A'.repeat(43)],
    ['an empty one', ''],
  ])('%s registers nothing', async (_what, token) => {
    const { status, body } = await register(lab, token)
    expect([status, body['error']]).toEqual([
      token === '' ? 400 : 401,
      expect.stringMatching(/^invalid_(token|request)$/),
    ])
    expect((await world.needs.clients.list()).filter(({ managedBy }) => managedBy === 'dynamic')).toEqual([])
  })

  test('one that is over, revoked or used up registers nothing more', async () => {
    const { value: old } = await issueToken(world, { days: 1 })
    const { value: revoked, token } = await issueToken(world)
    const { value: single } = await issueToken(world, { clientsMax: 1 })
    await revokeRegistrationToken(
      { ...wholeTransaction(world), clock: world.needs.clock, actor: 'operator:wang' },
      token.id,
    )
    expect((await register(lab, single)).status).toBe(201)
    now += 25 * 60 * 60 * 1_000
    for (const value of [old, revoked, single]) {
      expect(await register(lab, value)).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
    }
  })

  test('of eight at once with a token for two, two are registered', async () => {
    const { value } = await issueToken(world, { clientsMax: 2 })
    const answers = await Promise.all(Array.from({ length: 8 }, () => register(lab, value)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2)
    expect((await world.needs.clients.list()).filter(({ managedBy }) => managedBy === 'dynamic')).toHaveLength(2)
  })
})

describe('a registration is refused', () => {
  const uri = 'invalid_redirect_uri'
  const metadata = 'invalid_client_metadata'
  test.each<[string, object, string]>([
    ['http beyond loopback', { redirect_uris: ['http://lab.school.example/callback'] }, uri],
    ['a wildcard', { redirect_uris: ['https://*.school.example/callback'] }, uri],
    ['a host that the token does not allow', { redirect_uris: ['https://evil.example/callback'] }, uri],
    ['a host that only begins like one', { redirect_uris: ['https://lab.school.example.evil.example/'] }, uri],
    ['two hosts', { redirect_uris: [CALLBACK, 'https://tools.school.example/callback'] }, uri],
    ['a fragment', { redirect_uris: [`${CALLBACK}#x`] }, uri],
    ['no address', { redirect_uris: [] }, uri],
    ['a scheme of its own on the web', { redirect_uris: ['cn.edu.school:/callback'] }, uri],
    ['javascript', { redirect_uris: ['javascript:alert(1)'] }, uri],
    ['a scope that the token does not allow', { ...lab, scope: 'openid campus_basic' }, metadata],
    ['no openid', { ...lab, scope: 'profile' }, metadata],
    ['the implicit flow', { ...lab, response_types: ['id_token'], grant_types: ['implicit'] }, metadata],
    ['a client on its own account', { client_name: 'lab', grant_types: ['client_credentials'], scope: '' }, metadata],
    ['a method that the token does not allow', { ...lab, token_endpoint_auth_method: 'private_key_jwt' }, metadata],
    ['an unsigned ID token', { ...lab, id_token_signed_response_alg: 'none' }, metadata],
    ['to be first party', { ...lab, first_party: true }, metadata],
    ['to be first party by our own name for it', { ...lab, 'campus:first_party': true }, metadata],
    ['to be spared PKCE', { ...lab, pkce_exempt: 'because it is old' }, metadata],
    [
      'to call our APIs',
      { ...lab, resources: [{ identifier: 'https://api.school.example/', scopes: ['read'] }] },
      metadata,
    ],
    ['a logout address elsewhere', { ...lab, backchannel_logout_uri: 'https://evil.example/logout' }, metadata],
    ['keys elsewhere', { ...lab, jwks_uri: 'https://evil.example/keys' }, metadata],
    ['a name that hides something', { ...lab, client_name: 'a\u202eb' }, metadata],
    ['the identifier that all share', { ...lab, subject_type: 'public' }, metadata],
    ['nonsense', { ...lab, redirect_uris: 'https://lab.school.example/' }, uri],
  ])('for %s', async (_what, document, error) => {
    const { value } = await issueToken(world)
    const answer = await register(document, value)
    expect([answer.status, answer.body['error']]).toEqual([400, error])
    expect(world.events.filter(({ event }) => event === 'client.registered')).toEqual([])
    // It has used up nothing.
    expect((await world.needs.registrationTokens.list())[0]?.clientsCount).toBe(0)
  })

  test.each([
    ['no JSON', 'redirect_uris=https://lab.school.example/'],
    ['a list', '[]'],
    ['more than 8 KiB', JSON.stringify({ ...lab, x: 'x'.repeat(9_000) })],
  ])('for %s', async (_what, document) => {
    const { value } = await issueToken(world)
    expect([400, 413]).toContain((await register(document, value)).status)
  })

  test('not for the identifier that all share, where the token lets it', async () => {
    const { value } = await issueToken(world, { policy: { ...POLICY, publicSubject: true } })
    const answer = await register({ ...lab, subject_type: 'public' }, value)
    expect([answer.status, answer.body['subject_type']]).toEqual([201, 'public'])
  })

  test('for an app, whose addresses are its own scheme or loopback, and that keeps no secret', async () => {
    const app = { application_type: 'native', token_endpoint_auth_method: 'none' }
    const { value } = await issueToken(world)
    for (const redirect of ['cn.edu.school:/callback', 'http://127.0.0.1/callback']) {
      expect((await register({ ...app, redirect_uris: [redirect] }, value)).status).toBe(201)
    }
    const withSecret = {
      ...app,
      token_endpoint_auth_method: 'client_secret_basic',
      redirect_uris: ['cn.edu.school:/x'],
    }
    expect((await register(withSecret, value)).body['error']).toBe(metadata)
  })

  test('with the store down, and nothing is told of', async () => {
    const { value } = await issueToken(world)
    const down = Object.assign(new Error('down'), { unavailable: 'postgres', retryAfterSeconds: 2 })
    world.needs.clients.put = () => Promise.reject(down)
    const answer = await register(lab, value)
    expect([answer.status, answer.body['client_secret']]).toEqual([503, undefined])
  })
})
