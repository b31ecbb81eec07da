import { afterEach, describe, expect, test } from '@jest/globals'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { editFamilies, endSessions, familiesIn } from '../support/session-documents.ts'

let world: ProviderWorld
afterEach(() => world.close())

const offline = { scope: 'openid profile offline_access', prompt: 'consent' }

async function signedIn(client: string) {
  const token_endpoint_auth_method = client === 'app' ? 'none' : 'client_secret_basic'
  world = await openProviderWorld({ clients: [sampleClient(client, { token_endpoint_auth_method })] })
  const visitor = newVisitor(world)
  const { body } = await visitor.redeem(await visitor.signIn({ client, params: offline }), { client })
  return { visitor, body }
}

function ageConsumption(): void {
  editFamilies(world.store, ({ consumed }) => ({ consumed: consumed.map((at) => at - 3_001) }))
}

describe('the refresh token of a client that can keep no secret', () => {
  test('is new after every use', async () => {
    const { visitor, body } = await signedIn('app')
    const second = await visitor.refresh(body['refresh_token'], 'app')
    expect(second.body['refresh_token']).not.toBe(body['refresh_token'])
    expect((await visitor.refresh(second.body['refresh_token'], 'app')).status).toBe(200)
  })

  test('of eight uses at once wins one, and the family lives on', async () => {
    const { visitor, body } = await signedIn('app')
    const answers = await Promise.all(Array.from({ length: 8 }, () => visitor.refresh(body['refresh_token'], 'app')))
    const winners = answers.filter(({ status }) => status === 200)
    expect(winners).toHaveLength(1)
    expect(answers.filter((answer) => answer.body['error'] === 'invalid_grant')).toHaveLength(7)
    expect((await visitor.refresh(winners[0]?.body['refresh_token'], 'app')).status).toBe(200)
  })

  test('that is used again later takes the whole family with it', async () => {
    const { visitor, body } = await signedIn('app')
    const second = await visitor.refresh(body['refresh_token'], 'app')
    ageConsumption()
    expect((await visitor.refresh(body['refresh_token'], 'app')).body['error']).toBe('invalid_grant')
    expect((await visitor.refresh(second.body['refresh_token'], 'app')).body['error']).toBe('invalid_grant')
    expect((await visitor.userinfo(second.body['access_token'])).status).toBe(401)
  })

  test('of two uses before the last one is a replay, too, and while their race lasts it is none', async () => {
    const { visitor, body } = await signedIn('app')
    const second = await visitor.refresh(body['refresh_token'], 'app')
    const third = await visitor.refresh(second.body['refresh_token'], 'app')
    expect((await visitor.refresh(body['refresh_token'], 'app')).body['error']).toBe('invalid_grant')
    const fourth = await visitor.refresh(third.body['refresh_token'], 'app')
    expect(fourth.status).toBe(200)
    ageConsumption()
    expect((await visitor.refresh(body['refresh_token'], 'app')).body['error']).toBe('invalid_grant')
    expect((await visitor.refresh(fourth.body['refresh_token'], 'app')).body['error']).toBe('invalid_grant')
  })

  test('is one family of ten at most that a session keeps for a client: the oldest goes', async () => {
    const { visitor, body } = await signedIn('app')
    for (let turn = 0; turn < 10; turn++) {
      await visitor.redeem(await visitor.signIn({ client: 'app', params: offline }), { client: 'app' })
    }
    expect(familiesIn(world.store)).toHaveLength(10)
    expect((await visitor.refresh(body['refresh_token'], 'app')).body['error']).toBe('invalid_grant')
  })

  test('inherits what was left of the first: rotating for ever is no sign-in for ever', async () => {
    const { visitor, body } = await signedIn('app')
    const day = 86_400
    const expiries = () => familiesIn(world.store).map(({ payload }) => payload.exp ?? 0)
    expect((expiries()[0] ?? 0) - Date.now() / 1_000).toBeGreaterThan(13.9 * day)
    editFamilies(world.store, ({ payload: { exp = 0, ...rest } }) => ({ payload: { ...rest, exp: exp - 10 * day } }))
    const [first = 0] = expiries()
    await visitor.refresh(body['refresh_token'], 'app')
    expect(Math.max(...expiries())).toBeLessThanOrEqual(first + 1)
  })

  test('is refused when it has expired', async () => {
    const { visitor, body } = await signedIn('app')
    const exp = Math.floor(Date.now() / 1_000) - 1
    editFamilies(world.store, ({ payload }) => ({ payload: { ...payload, exp } }))
    expect((await visitor.refresh(body['refresh_token'], 'app')).body['error']).toBe('invalid_grant')
  })
})

describe('the refresh token of a confidential client', () => {
  test('stays, and is worth nothing to another client', async () => {
    const { visitor, body } = await signedIn('library')
    const second = await visitor.refresh(body['refresh_token'])
    expect(second.body['refresh_token']).toBe(body['refresh_token'])
    await world.needs.clients.put(sampleClient('canteen'))
    expect((await visitor.refresh(body['refresh_token'], 'canteen')).body['error']).toBe('invalid_grant')
    expect((await visitor.refresh(body['refresh_token'])).status).toBe(200)
  })

  test('is not given without offline_access, and grows no scope', async () => {
    const { visitor, body } = await signedIn('library')
    const plain = await visitor.redeem(await visitor.signIn())
    expect(plain.body).not.toHaveProperty('refresh_token')
    const form = {
      grant_type: 'refresh_token',
      refresh_token: String(body['refresh_token']),
      scope: 'openid campus_org',
    }
    expect((await visitor.machine('/token', form, 'library')).body['error']).toBe('invalid_scope')
  })

  test('outlives the session, but not the sign-out of the grant (revocation)', async () => {
    const { visitor, body } = await signedIn('library')
    endSessions(world.store)
    expect(locationOf(await visitor.authorize())?.pathname).toMatch(/^\/interaction\//)
    expect((await visitor.refresh(body['refresh_token'])).status).toBe(200)
    const revoked = await visitor.machine('/token/revocation', { token: String(body['access_token']) }, 'library')
    expect(revoked.status).toBe(200)
    expect((await visitor.refresh(body['refresh_token'])).body['error']).toBe('invalid_grant')
  })

  test('cannot be revoked by another client', async () => {
    const { visitor, body } = await signedIn('library')
    await world.needs.clients.put(sampleClient('canteen'))
    const tried = await visitor.machine('/token/revocation', { token: String(body['refresh_token']) }, 'canteen')
    expect([tried.status, tried.body['error']]).toEqual([400, 'invalid_request'])
    expect((await visitor.refresh(body['refresh_token'])).status).toBe(200)
  })
})
