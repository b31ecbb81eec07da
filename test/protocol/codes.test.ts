import { afterEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { endSessions, isCode } from '../support/session-documents.ts'

let world: ProviderWorld
afterEach(() => world.close())

function editCodes(change: (record: Record<string, unknown>) => Record<string, unknown>): void {
  world.store.rewrite(isCode, (raw) => JSON.stringify(change(JSON.parse(raw))))
}

describe('an authorization request', () => {
  test('without PKCE is sent back with an error, unless the client is exempt', async () => {
    const reason = 'a gateway of 2009 that nobody maintains'
    const clients = [sampleClient('library'), sampleClient('gateway', { pkce_exempt: reason })]
    world = await openProviderWorld({ clients })
    const visitor = newVisitor(world)
    const refused = locationOf(await visitor.authorize({ verifier: null }))
    expect(refused?.searchParams.get('error')).toBe('invalid_request')
    expect(refused?.searchParams.get('iss')).toBe(world.issuer)
    const code = await visitor.signIn({ client: 'gateway', verifier: null })
    expect((await visitor.redeem(code, { client: 'gateway', verifier: null })).status).toBe(200)
  })

  test('with the plain method is refused', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const refused = await visitor.authorize({ params: { code_challenge_method: 'plain' } })
    expect(locationOf(refused)?.searchParams.get('error')).toBe('invalid_request')
  })

  test.each([
    ['an unknown client', { client_id: 'nobody' }],
    ['a client that cannot exist', { client_id: "library' OR 1=1 --" }],
    ['an address that is not registered', { redirect_uri: 'https://evil.example/callback' }],
    ['no address', { redirect_uri: '' }],
  ])('of %s is answered with a page and sends nobody anywhere', async (_what, params) => {
    world = await openProviderWorld()
    const { status, headers, body } = await newVisitor(world).authorize({ params })
    expect([status, headers.location, JSON.parse(body).page]).toEqual([400, undefined, 'error'])
    expect(world.store.standing().size).toBe(0)
  })

  test('of a disabled client is that of an unknown one', async () => {
    world = await openProviderWorld()
    await world.needs.clients.disable('library', new Date())
    const { status, headers } = await newVisitor(world).authorize()
    expect([status, headers.location]).toEqual([400, undefined])
  })

  test('comes back to no address that differs in anything from the registered one', async () => {
    world = await openProviderWorld()
    const registered = 'https://library.school.example/callback'
    const visitor = newVisitor(world)
    const mutation = fc
      .tuple(
        fc.nat(registered.length),
        fc.nat(4),
        fc.constantFrom(
          '/',
          '.',
          '@',
          '#',
          '?',
          '%2e',
          'A',
          '\\',
          ':8443',
          ' ',
          '',
          '..',
          '%00',
          '\t',
          '*',
          '。',
          '?x=1',
        ),
      )
      .map(([at, taken, put]) => registered.slice(0, at) + put + registered.slice(at + taken))
    await fc.assert(
      fc.asyncProperty(mutation, async (redirectUri) => {
        fc.pre(redirectUri !== registered)
        const { status, headers } = await visitor.authorize({ redirectUri })
        return status === 400 && headers.location === undefined
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a code', () => {
  test('is worth nothing with another verifier, another address, another client', async () => {
    world = await openProviderWorld({ clients: [sampleClient('library'), sampleClient('canteen')] })
    const visitor = newVisitor(world)
    const code = await visitor.signIn()
    const wrong = [
      await visitor.redeem(code, { verifier: 'x'.repeat(43) }),
      await visitor.redeem(code, { verifier: null }),
      await visitor.redeem(code, { redirectUri: 'https://library.school.example/' }),
      await visitor.redeem(code, { client: 'canteen' }),
    ]
    for (const { status, body } of wrong) expect([status, body['error']]).toEqual([400, 'invalid_grant'])
    expect((await visitor.redeem(code)).status).toBe(200)
  })

  test('of eight redemptions at once wins one, and its tokens stay good', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const code = await visitor.signIn()
    const answers = await Promise.all(Array.from({ length: 8 }, () => visitor.redeem(code)))
    const [winner, ...others] = answers.filter(({ status }) => status === 200)
    expect(others).toEqual([])
    expect(answers.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(7)
    expect((await visitor.userinfo(winner?.body['access_token'])).status).toBe(200)
  })

  test('that is replayed later takes its tokens with it', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const code = await visitor.signIn()
    const { body } = await visitor.redeem(code)
    editCodes((record) => ({ ...record, consumed: Number(record['consumed']) - 1_000 }))
    expect((await visitor.redeem(code, { verifier: 'x'.repeat(43) })).status).toBe(400)
    expect((await visitor.userinfo(body['access_token'])).status).toBe(200)
    expect((await visitor.redeem(code)).body['error']).toBe('invalid_grant')
    expect((await visitor.userinfo(body['access_token'])).status).toBe(401)
  })

  test('that its owner redeems a moment after a thief takes the thief’s tokens with it', async () => {
    let now = Date.now()
    world = await openProviderWorld({ clock: () => new Date(now) })
    const visitor = newVisitor(world)
    const code = await visitor.signIn()
    const stolen = await visitor.redeem(code)
    now += 1_000
    expect((await visitor.redeem(code)).body['error']).toBe('invalid_grant')
    expect((await visitor.userinfo(stolen.body['access_token'])).status).toBe(401)
    expect(world.events.map(({ event }) => event)).toContain('grant.revoked')
  })

  test('that one request sends twice costs the client nothing', async () => {
    let now = Date.now()
    world = await openProviderWorld({ clock: () => new Date(now) })
    const visitor = newVisitor(world)
    const code = await visitor.signIn()
    const first = await visitor.redeem(code)
    now += 999
    expect((await visitor.redeem(code)).body['error']).toBe('invalid_grant')
    expect((await visitor.userinfo(first.body['access_token'])).status).toBe(200)
  })

  test('expires after a minute', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const code = await visitor.signIn()
    editCodes(({ exp, iat, ...record }) => {
      expect(Number(exp) - Number(iat)).toBe(60)
      return { ...record, iat, exp: Number(exp) - 61 }
    })
    expect((await visitor.redeem(code)).body['error']).toBe('invalid_grant')
  })

  test('is dead when its session has ended', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const code = await visitor.signIn()
    endSessions(world.store)
    expect((await visitor.redeem(code)).body['error']).toBe('invalid_grant')
  })
})

describe('the store', () => {
  test('holds no value that a bearer could use', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const arrived = await visitor.authorize({ params: { prompt: 'consent', scope: 'openid offline_access' } })
    const uid = locationOf(arrived)?.pathname.split('/')[2] ?? ''
    expect(JSON.stringify([...world.store.standing()])).not.toContain(uid)
    const code = locationOf(await visitor.finish(arrived))?.searchParams.get('code') ?? ''
    const { body } = await visitor.redeem(code)
    // A second visit of somebody who is signed in notes their session.
    await visitor.authorize({ params: { prompt: 'login' } })
    const held = JSON.stringify([...world.store.standing()])
    const cookies = [...visitor.cookies.values()].map(({ value }) => value)
    for (const bearer of [code, body['access_token'], body['refresh_token'], ...cookies]) {
      expect(String(bearer).length).toBeGreaterThan(20)
      expect(held).not.toContain(bearer)
    }
  })
})
