/** Pages that belong to no visit sign a person in as a relying party would, by a client that is ourselves. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { OWN_CLIENT_ID } from '../../src/clients/clients.ts'
import { locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { addressOf, codeIn, stepOf } from '../support/visits-over.ts'

let world: ProviderWorld
let now: number
beforeEach(async () => {
  now = Date.now()
  world = await openProviderWorld({ clock: () => new Date(now) })
})
afterEach(() => world.close())

/** Up to the address of `/arrived`, which is not asked for yet. */
async function comeBack(visitor: Visitor, sign = { person: 'lan' }): Promise<string> {
  const begun = addressOf(await visitor.go('/sign-in'))
  let answer = await visitor.go(begun)
  if (addressOf(answer).startsWith('/interaction/')) {
    answer = await visitor.go(stepOf(addressOf(answer), 'sign-in'), sign)
    answer = await visitor.go(addressOf(answer))
  }
  return addressOf(answer)
}

const frontPage = async (visitor: Visitor) => (await visitor.go('/')).body

describe('signing in here', () => {
  test('is an authorization of a public client with PKCE, and leads back to us alone', async () => {
    const begun = locationOf(await newVisitor(world).go('/sign-in'))
    expect(begun?.pathname).toBe('/auth')
    const params = Object.fromEntries(begun?.searchParams ?? [])
    expect(params).toMatchObject({
      client_id: OWN_CLIENT_ID,
      redirect_uri: `${world.issuer}/arrived`,
      response_type: 'code',
      scope: 'openid',
      code_challenge_method: 'S256',
    })
    const elsewhere = new URLSearchParams({ ...params, redirect_uri: 'https://evil.example/arrived' })
    const refused = await newVisitor(world).go(`/auth?${elsewhere}`)
    expect([refused.status, refused.headers.location]).toEqual([400, undefined])
    const withoutProof = new URLSearchParams(params)
    withoutProof.delete('code_challenge')
    const error = locationOf(await newVisitor(world).go(`/auth?${withoutProof}`))?.searchParams.get('error')
    expect(error).toBe('invalid_request')
  })

  test('ends on the page that asked, which knows who it is; the audit has a sign-in as any', async () => {
    const visitor = newVisitor(world)
    expect(await frontPage(visitor)).toContain('href="/sign-in"')
    const arrived = await comeBack(visitor)
    expect(arrived).toMatch(/^\/arrived\?code=/)
    expect(addressOf(await visitor.go(arrived))).toBe('/')
    const body = await frontPage(visitor)
    expect(body).toContain('吴兰')
    expect(body).toContain('202407010101')
    expect(body).toContain('href="/session/end"')
    expect(world.events.find(({ event }) => event === 'sign-in.completed')).toMatchObject({ client: OWN_CLIENT_ID })
  })

  test('goes by the session that stands, and gives a relying party one in turn', async () => {
    const visitor = newVisitor(world)
    await visitor.signIn()
    expect(await comeBack(visitor)).toMatch(/^\/arrived\?code=/)
    expect(world.events.filter(({ event }) => event === 'sign-in.completed')).toHaveLength(1)
    expect(codeIn(await visitor.authorize())).toBeTruthy()
  })

  test('uses its code up: nobody redeems it afterwards, and to come back twice changes nothing', async () => {
    const visitor = newVisitor(world)
    const arrived = await comeBack(visitor)
    const ends = await Promise.all([1, 2, 3].map(() => visitor.go(arrived)))
    expect(ends.map(addressOf)).toEqual(['/', '/', '/'])
    const code = new URL(arrived, world.issuer).searchParams.get('code') ?? ''
    const redirectUri = `${world.issuer}/arrived`
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, client_id: OWN_CLIENT_ID }
    const answer = await world.house.post('/token', { ...form, code_verifier: 'v'.repeat(43) }, { accept: '*/*' })
    expect([answer.status, JSON.parse(answer.body)['error']]).toEqual([400, 'invalid_grant'])
    expect(await frontPage(visitor)).toContain('吴兰')
  })

  test('is of no use in another browser: not the way out, nor the way back', async () => {
    const visitor = newVisitor(world)
    const arrived = await comeBack(visitor)
    const other = newVisitor(world)
    await other.go('/sign-in')
    expect(addressOf(await other.go(arrived))).toBe('/')
    expect(await frontPage(other)).not.toContain('吴兰')
    // The code is still there for whose it is.
    expect(addressOf(await visitor.go(arrived))).toBe('/')
  })

  test('takes no code that was issued for another of its ways, and leaves it to that one', async () => {
    const visitor = newVisitor(world)
    const [one, two] = [await comeBack(visitor), await comeBack(visitor)].map((back) => new URL(back, world.issuer))
    // Wherever a code is kept, the mark of its use stands beside it.
    const codesUsed = () =>
      [...world.store.standing().values()].flatMap((raw) => [...raw.matchAll(/"consumed":\d{13}/g)]).length
    const swapped = new URLSearchParams(one?.search)
    swapped.set('code', two?.searchParams.get('code') ?? '')
    await visitor.go(`/arrived?${swapped}`)
    expect(codesUsed()).toBe(0)
    await visitor.go(`/arrived${two?.search}`)
    expect(codesUsed()).toBe(1)
  })

  test('of several tabs at once ends well in each', async () => {
    const visitor = newVisitor(world)
    const pages = []
    for (let tabs = 0; tabs < 3; tabs++) {
      pages.push(addressOf(await visitor.go(addressOf(await visitor.go('/sign-in')))))
    }
    for (const page of pages) {
      const back = await visitor.go(addressOf(await visitor.go(stepOf(page, 'sign-in'), { person: 'lan' })))
      expect(addressOf(back)).toMatch(/^\/arrived\?code=/)
      expect(addressOf(await visitor.go(addressOf(back)))).toBe('/')
    }
  })

  test('begins again after its page expired', async () => {
    const visitor = newVisitor(world)
    const page = addressOf(await visitor.go(addressOf(await visitor.go('/sign-in'))))
    world.store.edit('oidc:interaction:', (record) => {
      record['exp'] = Math.floor(now / 1_000) - 60
    })
    const fresh = addressOf(await visitor.go(addressOf(await visitor.go(stepOf(page, 'sign-in'), { person: 'lan' }))))
    const back = await visitor.go(addressOf(await visitor.go(stepOf(fresh, 'sign-in'), { person: 'lan' })))
    expect(addressOf(await visitor.go(addressOf(back)))).toBe('/')
    expect(await frontPage(visitor)).toContain('吴兰')
  })

  test.each([
    ['nothing', ''],
    ['a code and no state', '?code=abc'],
    ['a state of nobody', '?code=abc&state=k.AAAA'],
    ['two states', '?code=abc&state=k.AAAA&state=k.AAAA'],
  ])('comes back with %s to the front page, as nobody', async (_what, query) => {
    const visitor = newVisitor(world)
    expect(addressOf(await visitor.go(`/arrived${query}`))).toBe('/')
    expect(await frontPage(visitor)).toContain('href="/sign-in"')
  })

  test('comes back with another issuer’s word, or after a day, to the front page', async () => {
    const visitor = newVisitor(world)
    const arrived = await comeBack(visitor)
    expect(addressOf(await visitor.go(arrived.replace(/iss=[^&]*/, 'iss=https%3A%2F%2Fevil.example')))).toBe('/')
    now += 25 * 60 * 60 * 1_000
    expect(addressOf(await visitor.go(arrived))).toBe('/')
  })

  test('that is refused says so, and offers the front page', async () => {
    const visitor = newVisitor(world)
    const begun = addressOf(await visitor.go('/sign-in'))
    const page = addressOf(await visitor.go(begun))
    const back = await visitor.go(addressOf(await visitor.go(stepOf(page, 'abandon'), {})))
    const { status, body } = await visitor.go(addressOf(back))
    expect(status).toBe(403)
    expect(body).toContain('href="/"')
  })
})

describe('who is signed in here', () => {
  test.each(['suspended', 'closed'] as const)('is nobody who is %s', async (state) => {
    const visitor = newVisitor(world)
    await visitor.go(await comeBack(visitor))
    await world.setState('lan', state)
    expect(await frontPage(visitor)).not.toContain('吴兰')
  })

  test('is nobody after a sign-out, nor when the session has had its time', async () => {
    const visitor = newVisitor(world)
    await visitor.go(await comeBack(visitor))
    const form = JSON.parse((await visitor.go('/session/end')).body)
    await visitor.go(new URL(form.action).pathname, { xsrf: form.xsrf, logout: 'yes' })
    expect(await frontPage(visitor)).not.toContain('吴兰')

    await visitor.go(await comeBack(visitor))
    expect(await frontPage(visitor)).toContain('吴兰')
    now += 13 * 60 * 60 * 1_000
    expect(await frontPage(visitor)).not.toContain('吴兰')
  })

  test('cannot be said while a store is down', async () => {
    const visitor = newVisitor(world)
    await visitor.go(await comeBack(visitor))
    world.store.breakDown('before', (operation) => operation === 'read')
    expect((await visitor.go('/')).status).toBe(503)
    // Somebody without a session is asked nothing.
    expect((await newVisitor(world).go('/')).status).toBe(200)
  })

  test('by a page that is not ours is never returned to', async () => {
    const { createSigningInHere } = await import('../../src/oidc/signing-in-here.ts')
    const { begin } = createSigningInHere(world.needs)
    for (const to of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example/',
      'me',
      '/a\n',
      `/${'a'.repeat(600)}`,
    ]) {
      expect(() => begin({} as never, { to })).toThrow('not ours')
    }
  })
})
