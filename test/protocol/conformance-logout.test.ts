/** What the modules of the plans for logout look at: each test bears the name of its module. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
beforeAll(async () => {
  world = await openProviderWorld()
})
afterAll(() => world.close())

async function tokensFor() {
  const visitor = newVisitor(world)
  const { body } = await visitor.redeem(await visitor.signIn())
  return { visitor, body }
}

const confirm = (visitor: Visitor, form: { action: string; xsrf: string }) =>
  visitor.go(new URL(form.action).pathname, { xsrf: form.xsrf, logout: 'yes' })

/** What a request that shows no page is answered: null where the session stands. */
async function silentAnswer(visitor: Visitor) {
  const answer = await visitor.authorize({ params: { prompt: 'none' } })
  return locationOf(answer)?.searchParams.get('error') ?? null
}

describe('RP-Initiated Logout', () => {
  const back = 'https://library.school.example/'
  const leave = (visitor: Visitor, query: Record<string, string>) =>
    visitor.go(`/session/end?${new URLSearchParams(query)}`)

  test('oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', async () => {
    const { visitor, body } = await tokensFor()
    const query = { id_token_hint: String(body['id_token']), post_logout_redirect_uri: `${back}elsewhere` }
    expect(await leave(visitor, query)).toMatchObject({
      status: 400,
      headers: expect.not.objectContaining({ location: expect.anything() }),
    })
  })

  test('oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', async () => {
    const { visitor, body } = await tokensFor()
    const query = { id_token_hint: String(body['id_token']), post_logout_redirect_uri: `${back}?foo=bar` }
    expect((await leave(visitor, query)).status).toBe(400)
  })

  test('oidcc-rp-initiated-logout-modified-id-token-hint', async () => {
    const { visitor, body } = await tokensFor()
    const [head, claims = '', signature] = String(body['id_token']).split('.')
    const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), sub: 'somebody-else' }
    const token = [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.')
    expect((await leave(visitor, { id_token_hint: token, post_logout_redirect_uri: back })).status).toBe(400)
  })

  test('oidcc-rp-initiated-logout-bad-id-token-hint', async () => {
    const { visitor } = await tokensFor()
    expect((await leave(visitor, { id_token_hint: 'bad', post_logout_redirect_uri: back })).status).toBe(400)
  })

  test.each([
    ['oidcc-rp-initiated-logout-no-params', {}],
    ['oidcc-rp-initiated-logout-only-state', { state: 'x' }],
  ])('%s', async (_module, query) => {
    const { visitor } = await tokensFor()
    const page = await leave(visitor, query)
    expect([page.status, JSON.parse(page.body)['page']]).toEqual([200, 'sign-out'])
  })

  test.each([
    ['oidcc-rp-initiated-logout', { state: 'kept' }],
    ['oidcc-rp-initiated-logout-no-state', {}],
  ])('%s', async (_module, more) => {
    const { visitor, body } = await tokensFor()
    const query = { id_token_hint: String(body['id_token']), post_logout_redirect_uri: back, ...more }
    const location = locationOf(await leave(visitor, query))
    expect([location?.origin, location?.searchParams.get('state') ?? undefined]).toEqual([
      'https://library.school.example',
      'state' in more ? more.state : undefined,
    ])
    expect(await silentAnswer(visitor)).toBe('login_required')
  })

  test('oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async () => {
    const { visitor, body } = await tokensFor()
    const end = await leave(visitor, { id_token_hint: String(body['id_token']) })
    expect(locationOf(end)?.origin).not.toBe('https://library.school.example')
    const page = await visitor.go(locationOf(end)?.href ?? '')
    expect([page.status, JSON.parse(page.body)['page']]).toEqual([200, 'signed-out'])
    expect(await silentAnswer(visitor)).toBe('login_required')
  })

  test('oidcc-rp-initiated-logout-no-id-token-hint', async () => {
    const { visitor } = await tokensFor()
    // Nobody says whose address it is: the person is asked, and comes to a page of ours.
    const form = JSON.parse((await leave(visitor, { post_logout_redirect_uri: back, state: 'kept' })).body)
    expect(form).toMatchObject({ page: 'sign-out', client: null })
    const end = await confirm(visitor, form)
    expect(locationOf(end)?.origin).not.toBe('https://library.school.example')
    expect(await silentAnswer(visitor)).toBe('login_required')
  })

  test('a client that says its name, without a hint, has the person asked and back', async () => {
    const { visitor } = await tokensFor()
    const query = { client_id: 'library', post_logout_redirect_uri: back, state: 'kept' }
    const form = JSON.parse((await leave(visitor, query)).body)
    expect([form.page, await silentAnswer(visitor)]).toEqual(['sign-out', null])
    expect((await confirm(visitor, form)).headers.location).toBe(`${back}?state=kept`)
  })
})

describe('Back-Channel Logout', () => {
  test('oidcc-backchannel-logout-discovery-endpoint-verification', async () => {
    const { body } = await world.house.send('/.well-known/openid-configuration')
    expect(JSON.parse(body)).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      end_session_endpoint: `${world.issuer}/session/end`,
    })
  })
})
