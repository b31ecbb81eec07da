/** What a client that registered itself does with itself afterwards (RFC 7592). */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { applyClients } from '../../src/clients/clients.ts'
import { disableRegistered } from '../../src/registration/registration.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { CALLBACK, issueToken, POLICY, registration, wholeTransaction } from '../support/registering.ts'

let world: ProviderWorld
beforeEach(async () => {
  world = await openProviderWorld()
})
afterEach(() => world.close())

const lab = { redirect_uris: [CALLBACK], client_name: '实验室预约', token_endpoint_auth_method: 'client_secret_post' }

async function registered(document: object = lab, policy = POLICY) {
  const { value } = await issueToken(world, { policy })
  const { body } = await registration(world, 'POST', { document, token: value })
  const id = String(body['client_id'])
  return { body, id, path: `/reg/${id}`, token: body['registration_access_token'] }
}

describe('a registered client', () => {
  test('reads what stands, without its secret, which nobody has any more', async () => {
    const { body, path, token } = await registered(
      { ...lab, subject_type: 'public' },
      { ...POLICY, publicSubject: true },
    )
    const read = await registration(world, 'GET', { path, token })
    const { client_secret: _told, client_secret_expires_at: _never, ...rest } = body
    expect([read.status, read.body]).toEqual([200, rest])
  })

  test('changes within the policy of its token, and keeps its secret', async () => {
    const { id, path, token } = await registered()
    const before = await world.needs.clients.find(id)
    const document = { ...lab, client_id: id, client_name: '预约', redirect_uris: [`${CALLBACK}/2`] }
    const changed = await registration(world, 'PUT', { path, token, document })
    expect(changed).toMatchObject({ status: 200, body: { client_name: '预约', redirect_uris: [`${CALLBACK}/2`] } })
    expect(changed.body['client_secret']).toBeUndefined()
    const after = await world.needs.clients.find(id)
    expect(after?.secretHashes).toEqual(before?.secretHashes)
    expect(after?.metadata.client_name).toBe('预约')
    expect(world.events.at(-1)).toMatchObject({
      event: 'client.changed',
      actor: `client:${id}`,
      subject: `client:${id}`,
    })
  })

  test.each<[string, object]>([
    ['another host', { redirect_uris: ['https://evil.example/callback'] }],
    ['another scope', { scope: 'openid campus_org' }],
    ['to be first party', { first_party: true }],
    ['to the identifier that all share', { subject_type: 'public' }],
  ])('cannot change to %s', async (_what, changes) => {
    const { id, path, token } = await registered()
    const before = JSON.stringify(await world.needs.clients.find(id))
    const answer = await registration(world, 'PUT', { path, token, document: { ...lab, client_id: id, ...changes } })
    expect(answer.status).toBe(400)
    expect(JSON.stringify(await world.needs.clients.find(id))).toBe(before)
  })

  test('cannot give itself another identifier or secret', async () => {
    const { id, path, token } = await registered()
    for (const own of [{ client_id: 'dynamic-other' }, { client_id: id, client_secret: 'my own' }]) {
      expect((await registration(world, 'PUT', { path, token, document: { ...lab, ...own } })).status).toBe(400)
    }
  })

  test('that becomes confidential gets a secret, and one that becomes public has none any more', async () => {
    const { id, path, token } = await registered({ ...lab, token_endpoint_auth_method: 'none' })
    const document = { ...lab, client_id: id }
    const confidential = await registration(world, 'PUT', { path, token, document })
    expect(confidential.body['client_secret']).toMatch(/^[\w-]{43}$/)
    expect((await world.needs.clients.find(id))?.secretHashes).toHaveLength(1)
    const open = { ...document, token_endpoint_auth_method: 'none' }
    expect((await registration(world, 'PUT', { path, token, document: open })).body['client_secret']).toBeUndefined()
    expect((await world.needs.clients.find(id))?.secretHashes).toEqual([])
  })

  test('removes itself: nobody signs in to it any more, and its token is worth nothing', async () => {
    const { id, path, token } = await registered()
    expect((await registration(world, 'DELETE', { path, token })).status).toBe(204)
    const answer = await newVisitor(world).authorize({ client: id, redirectUri: CALLBACK })
    expect([answer.status, answer.headers.location]).toEqual([400, undefined])
    expect((await registration(world, 'GET', { path, token })).status).toBe(401)
    expect(await world.needs.clients.find(id)).toMatchObject({ disabledAt: expect.any(Date) })
    expect(world.events).toContainEqual(expect.objectContaining({ event: 'client.removed', actor: `client:${id}` }))
  })

  test('that was disabled here manages itself no more, and cannot enable itself', async () => {
    const { id, path, token } = await registered()
    const operator = { ...world.needs, ...wholeTransaction(world), actor: 'operator:wang' }
    expect(await disableRegistered(operator, id)).toEqual({ outcome: 'disabled' })
    const answer = await newVisitor(world).authorize({ client: id, redirectUri: CALLBACK })
    expect([answer.status, answer.headers.location]).toEqual([400, undefined])
    for (const method of ['GET', 'PUT', 'DELETE'] as const) {
      const document = method === 'PUT' ? { ...lab, client_id: id } : undefined
      const answer = await registration(world, method, { path, token, ...(document && { document }) })
      expect(answer.status).toBe(401)
    }
    expect((await world.needs.clients.find(id))?.disabledAt).not.toBeNull()
  })

  test('keeps its consents: whoever allowed it is not asked again after a change', async () => {
    const { id, path, token } = await registered({ ...lab, token_endpoint_auth_method: 'none' })
    const visitor = newVisitor(world)
    const asked = { client: id, redirectUri: CALLBACK, params: { scope: 'openid profile' } }
    await visitor.signIn(asked)
    const document = { ...lab, client_id: id, token_endpoint_auth_method: 'none', client_name: '预约' }
    await registration(world, 'PUT', { path, token, document })
    expect(locationOf(await visitor.authorize(asked))?.searchParams.get('code')).toBeTruthy()
  })
})

describe('a client that moves to another host', () => {
  const elsewhere = 'https://tools.school.example/callback'
  const basic = { ...lab, token_endpoint_auth_method: 'none' }

  test('has to be allowed anew, and what it held is void', async () => {
    const { id, path, token } = await registered(basic)
    const visitor = newVisitor(world)
    const params = { scope: 'openid profile' }
    const code = await visitor.signIn({ client: id, redirectUri: CALLBACK, params })
    const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: visitor.verifier }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams({ ...form, client_id: id }).toString()
    const { access_token } = JSON.parse((await world.house.send('/token', { method: 'POST', headers, body })).body)
    const userinfo = () => world.house.send('/me', { headers: { authorization: `Bearer ${access_token}` } })
    expect((await userinfo()).status).toBe(200)
    expect(await world.needs.consents.find('lan', id)).not.toBeNull()

    const moved = { ...basic, client_id: id, redirect_uris: [elsewhere] }
    expect((await registration(world, 'PUT', { path, token, document: moved })).status).toBe(200)
    expect((await userinfo()).status).toBe(401)
    expect(await world.needs.consents.find('lan', id)).toBeNull()
    const again = locationOf(await visitor.authorize({ client: id, redirectUri: elsewhere, params }))
    expect(again?.pathname).toMatch(/^\/interaction\//)
    expect(again?.searchParams.get('code')).toBeNull()
  })
})

describe('nobody else manages it', () => {
  test.each([
    ['without a token', undefined],
    ['with a guess', 'A'.repeat(43)],
  ])('%s', async (_how, token) => {
    const { path } = await registered()
    const answer = await registration(world, 'GET', { path, ...(token !== undefined && { token }) })
    expect(answer.status).toBe(401)
  })

  test('with the initial access token', async () => {
    const { value } = await issueToken(world)
    const { body } = await registration(world, 'POST', { document: lab, token: value })
    expect((await registration(world, 'GET', { path: `/reg/${body['client_id']}`, token: value })).status).toBe(401)
  })

  test('another client, whose token is withdrawn for trying', async () => {
    const one = await registered()
    const other = await registered()
    expect((await registration(world, 'GET', { path: other.path, token: one.token })).status).toBe(401)
    expect((await registration(world, 'GET', { path: one.path, token: one.token })).status).toBe(401)
    expect((await registration(world, 'GET', { path: other.path, token: other.token })).status).toBe(200)
  })

  test('and a client that did not register itself cannot be reached so', async () => {
    const { token } = await registered()
    expect((await registration(world, 'GET', { path: '/reg/library', token })).status).toBe(401)
    expect((await world.needs.clients.find('library'))?.disabledAt).toBeNull()
  })
})

test('the clients file neither changes nor disables what registered itself', async () => {
  const { id } = await registered()
  const before = JSON.stringify(await world.needs.clients.find(id))
  const { id: name, metadata, secretHashes } = sampleClient('new-one')
  const declared = { clients: [{ id: name, metadata, secretHashes }], resourceServers: [] }
  const needs = { ...world.needs, transaction: (work: (stores: never) => unknown) => work(world.needs as never) }
  const applied = await applyClients({ ...needs, actor: 'operator:wang' } as never, declared)
  expect(applied.disabled).not.toContain(id)
  expect(JSON.stringify(await world.needs.clients.find(id))).toBe(before)
  const taken = { clients: [{ id, metadata, secretHashes }], resourceServers: [] }
  await expect(applyClients({ ...needs, actor: 'operator:wang' } as never, taken)).rejects.toMatchObject({
    code: 'client_managed_elsewhere',
  })
  expect(POLICY.hosts).toContain('lab.school.example')
})
