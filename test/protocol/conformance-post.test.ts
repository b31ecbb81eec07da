/** A request for a sign-in (OpenID Connect Core §3.1.2.1), or a sign-out, that the relying party's page posts. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { claimsIn, locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
beforeEach(async () => {
  world = await openProviderWorld()
})
afterEach(() => world.close())

const FORM = 'application/x-www-form-urlencoded'

/** As a browser posts what another site's page has in its form: without our cookies. */
function post(body: string | Buffer, { path = '/auth', ...headers }: Record<string, string> = {}) {
  const own = { origin: 'https://library.school.example', 'content-type': FORM, accept: 'text/html' }
  return world.house.send(path, { method: 'POST', headers: { ...own, ...headers }, body })
}

const bodyOf = (address: string) => address.split('?')[1] ?? ''

function expectNothingDone(): void {
  expect([world.store.calls, world.events]).toEqual([[], []])
}

describe('a request that is posted', () => {
  test('oidcc-ensure-post-request-succeeds', async () => {
    const visitor = newVisitor(world)
    const answer = await post(bodyOf(visitor.authorizationAddress()))
    expect([answer.status, answer.headers.location]).toEqual([303, visitor.authorizationAddress()])
    expect(world.house.lines.at(-1)).toMatchObject({ route: 'oidc authorization', status: 303 })
    expectNothingDone()
    const { searchParams } = locationOf(await visitor.finish(answer)) ?? new URL('https://nowhere.invalid')
    expect(searchParams.get('state')).toBe('opaque-state')
    const { body } = await visitor.redeem(searchParams.get('code') ?? '')
    expect(claimsIn(body['id_token'])).toMatchObject({ aud: 'library', nonce: 'opaque-nonce' })
  })

  test('finds whoever is signed in already, and sets no cookie on the way', async () => {
    const visitor = newVisitor(world)
    await visitor.signIn()
    const answer = await post(bodyOf(visitor.authorizationAddress({ params: { prompt: 'none' } })))
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(locationOf(await visitor.go(answer.headers.location ?? ''))?.searchParams.get('code')).toBeTruthy()
  })

  test.each(['/AUTH', '/auth/', '/auth?client_id=else&redirect_uri=https://evil.example/'])(
    'at %s is the same request: nothing but the form counts',
    async (path) => {
      const address = newVisitor(world).authorizationAddress()
      expect((await post(bodyOf(address), { path })).headers.location).toBe(address)
    },
  )

  test.each([
    ['https://evil.example/', '/auth?https%3A%2F%2Fevil.example%2F='],
    ['//evil.example', '/auth?%2F%2Fevil.example='],
    ['#x', '/auth?%23x='],
    ['state=a\r\nset-cookie: b', '/auth?state=a%0D%0Aset-cookie%3A+b'],
    ['state=统', '/auth?state=%E7%BB%9F'],
  ])('with %j in it leads nowhere but to our own address', async (body, location) => {
    const { status, headers } = await post(body)
    expect([status, headers.location]).toEqual([303, location])
  })

  test('with a parameter twice is refused where it is read', async () => {
    const visitor = newVisitor(world)
    const answer = await post(`${bodyOf(visitor.authorizationAddress())}&state=other`)
    const end = await visitor.go(answer.headers.location ?? '')
    expect(`${end.headers.location ?? end.body}`).toContain('invalid_request')
  })
})

describe('is refused, and nothing is kept', () => {
  const long = (bytes: number) => 'x'.repeat(bytes)
  test.each([
    ['as JSON', '{"client_id":"library"}', 400, { 'content-type': 'application/json' }],
    ['as a form of parts', 'client_id=library', 400, { 'content-type': 'multipart/form-data; boundary=x' }],
    ['packed', 'client_id=library', 400, { 'content-encoding': 'gzip' }],
    ['a body of more than 8 KiB', `claims=${long(9_000)}`, 413, {}],
    ['a state of more than 2 KiB', `state=${long(2_049)}`, 400, {}],
    ['8 KiB that are more as an address', `claims=${'统'.repeat(2_000)}`, 400, {}],
    ['nothing', '', 400, {}],
    ['half an escape', 'state=%', 400, {}],
    ['no UTF-8', Buffer.from([0x61, 0x3d, 0xff]), 400, {}],
  ])('%s', async (_what, body, expected, headers) => {
    const { status, headers: answered } = await post(body, headers)
    expect([status, answered.location]).toEqual([expected, undefined])
    expectNothingDone()
  })

  test('in pieces of no announced length', async () => {
    const head = `POST /auth HTTP/1.1\r\nHost: ${new URL(world.issuer).host}\r\nTransfer-Encoding: chunked\r\n`
    const rest = `Connection: close\r\nContent-Type: ${FORM}\r\n\r\n3\r\na=b\r\n0\r\n\r\n`
    expect(await world.house.raw(head + rest)).toMatch(/^HTTP\/1.1 400 /)
  })
})

test('a posted request counts as one visit, where it is read', async () => {
  const visitor = newVisitor(world)
  const before = world.store.calls.length
  const { headers } = await post(bodyOf(visitor.authorizationAddress()))
  expect(world.store.calls.length).toBe(before)
  await visitor.go(headers.location ?? '')
  const posted = world.store.calls.length
  await newVisitor(world).authorize()
  expect(world.store.calls.length - posted).toBe(posted)
})

test.each(['/session/end', '/Session/End/'])(
  'a sign-out that is posted at %s is sent on too, and done there',
  async (path) => {
    const visitor = newVisitor(world)
    const { body } = await visitor.redeem(await visitor.signIn())
    const query = new URLSearchParams({
      id_token_hint: String(body['id_token']),
      post_logout_redirect_uri: 'https://library.school.example/',
      state: 'kept',
    })
    const calls = world.store.calls.length
    const { status, headers } = await post(String(query), { path })
    expect([status, headers.location, headers['set-cookie']]).toEqual([303, `/session/end?${query}`, undefined])
    expect(world.store.calls.length).toBe(calls)
    expect((await visitor.go(headers.location ?? '')).headers.location).toBe(
      'https://library.school.example/?state=kept',
    )
  },
)
