/** Somebody who holds a host beside ours can set cookies in a person's browser, all but those named `__Host-`. */

import { afterEach, describe, expect, test } from '@jest/globals'
import type { Keyring } from '../../src/keys/keys.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { sampleSecret } from '../support/sample-config.ts'
import { isCode } from '../support/session-documents.ts'

let world: ProviderWorld
afterEach(() => world.close())

const ISSUERS = [
  ['https', 'https://id.school.example'],
  ['loopback http', 'http://localhost'],
]

async function open(issuer?: string): Promise<{ attacker: Visitor; victim: Visitor; page: string }> {
  const clients = [sampleClient('library'), sampleClient('club', { first_party: false })]
  world = await openProviderWorld({ clients, ...(issuer !== undefined && { config: { issuer } }) })
  const attacker = newVisitor(world)
  const victim = newVisitor(world)
  // The victim has a visit of their own, as anybody may have.
  await victim.authorize()
  return { attacker, victim, page: locationOf(await attacker.authorize())?.pathname ?? '' }
}

/** With their signatures, which the attacker was given too. */
function plant(from: Visitor, to: Visitor, which = /_(interaction|resume)/): void {
  for (const [key, cookie] of from.cookies) if (which.test(key)) to.cookies.set(key, { ...cookie })
}

const IS_VISIT = /^(__Host-)?campus_visit_[\w-]{10} /
const visits = ({ cookies }: Visitor) => [...cookies.keys()].filter((key) => IS_VISIT.test(key))

const resumeOf = (page: string) => page.replace('/interaction/', '/auth/')
const codes = () => [...world.store.standing().keys()].filter(isCode)

function expectExpired({ status, headers, body }: Awaited<ReturnType<Visitor['go']>>): void {
  expect([status, headers.location]).toEqual([400, undefined])
  expect(body).toContain('visit_expired')
}

describe.each(ISSUERS)('a visit on %s', (_where, issuer) => {
  test('that was planted in another browser opens no page there, and nobody signs in for the attacker', async () => {
    const { attacker, victim, page } = await open(issuer)
    plant(attacker, victim)
    expect((await victim.go(page)).status).toBe(400)
    for (const end of ['sign-in', 'consent', 'abandon']) {
      expect((await victim.go(`${page}/${end}`, { person: 'lan' })).status).toBe(400)
    }
    // Nothing has come of it for the attacker: the way back leads to a sign-in page.
    const resumed = await attacker.go(resumeOf(page))
    expect(locationOf(resumed)?.pathname).toMatch(/^\/interaction\//)
    expect(codes()).toEqual([])
  })

  test('that the attacker has finished signs nobody else in as the attacker (log-in CSRF)', async () => {
    const { attacker, victim, page } = await open(issuer)
    await attacker.go(`${page}/sign-in`, { person: 'mei' })
    plant(attacker, victim)
    expectExpired(await victim.go(resumeOf(page)))
    expect([...victim.cookies.keys()].filter((key) => key.includes('session'))).toEqual([])
    expect(codes()).toEqual([])
    // It was the attacker's own, and still is.
    expect(locationOf(await attacker.go(resumeOf(page)))?.searchParams.has('code')).toBe(true)
  })
})

/** The cookie that a browser has for its latest visit. */
function latest(visitor: Visitor): { key: string; value: string } {
  const [key = '', cookie] = [...visitor.cookies].findLast(([name]) => IS_VISIT.test(name)) ?? []
  return { key, value: cookie?.value ?? '' }
}

describe('the cookie of a visit', () => {
  test.each(ISSUERS)(
    'on %s lets a new browser open two tabs at once and finish in both',
    async (_where, issuer = '') => {
      world = await openProviderWorld({ config: { issuer } })
      const visitor = newVisitor(world)
      const arrived = await Promise.all([visitor.authorize(), visitor.authorize()])
      const pages = arrived.map((answer) => locationOf(answer)?.pathname ?? '')
      const opened = await Promise.all(pages.map((page) => visitor.go(page)))
      expect(opened.map(({ status }) => status)).toEqual([200, 200])
      const left = await Promise.all(arrived.map((answer) => visitor.finish(answer)))
      expect(left.map((answer) => locationOf(answer)?.searchParams.has('code'))).toEqual([true, true])
      expect(visits(visitor)).toEqual([])
    },
  )

  test('is another for each visit, also where one goes on from the sign-in to the consent', async () => {
    const { victim: visitor } = await open()
    const before = visits(visitor)
    const arrived = await visitor.authorize({ client: 'club' })
    const { key } = latest(visitor)
    expect(visits(visitor)).toEqual([...before, key])
    const signedIn = await visitor.go(`${locationOf(arrived)?.pathname}/sign-in`, { person: 'lan' })
    const asked = await visitor.go(locationOf(signedIn)?.pathname ?? '')
    expect(visits(visitor)).toEqual([...before, latest(visitor).key])
    expect(latest(visitor).key).not.toBe(key)
    expect(locationOf(await visitor.finish(asked))?.searchParams.has('code')).toBe(true)
    expect(visits(visitor)).toEqual(before)
  })

  test('of one visit opens no other', async () => {
    const { attacker, victim, page } = await open()
    const { key } = latest(attacker)
    const own = victim.cookies.get(latest(victim).key)
    plant(attacker, victim)
    if (own) victim.cookies.set(key, own)
    expect((await victim.go(page)).status).toBe(400)
  })

  test.each(['first', 'last'])('that comes twice is nobody’s, with the planted one %s', async (place) => {
    const { attacker: visitor, victim: other, page } = await open()
    const { key, value } = latest(visitor)
    const planted = { value: latest(other).value, path: page, attributes: '' }
    const both = [
      [key.replace(' /', ` ${page}`), planted],
      [key, { value, path: '/', attributes: '' }],
    ] as const
    visitor.cookies.delete(key)
    for (const [name, cookie] of place === 'first' ? both : both.toReversed()) visitor.cookies.set(name, cookie)
    expect((await visitor.go(page)).status).toBe(400)
    expect((await visitor.go(`${page}/sign-in`, { person: 'lan' })).status).toBe(400)
    visitor.cookies.delete(key.replace(' /', ` ${page}`))
    expect((await visitor.go(page)).status).toBe(200)
  })

  test('goes also where the person goes back without signing in', async () => {
    const { attacker: visitor, page } = await open()
    await visitor.go(`${page}/abandon`, {})
    expect(visits(visitor)).toHaveLength(1)
    const left = locationOf(await visitor.go(resumeOf(page)))
    expect(left?.searchParams.get('error')).toBe('access_denied')
    expect(visits(visitor)).toEqual([])
  })

  test('stands in the store as a hash alone', async () => {
    const { attacker } = await open()
    const { value } = latest(attacker)
    expect(value).toMatch(/^[\w-]{22}$/)
    expect(JSON.stringify([...world.store.standing()])).not.toContain(value)
  })

  test('outlasts a change of the keys', async () => {
    const [issuer, old] = ['http://localhost', sampleSecret('c1')]
    const { keyrings: first } = world.needs
    const withCookieKeys = (...ring: Keyring) => ({ ...first, cookies: () => ring })
    world = await openProviderWorld({ config: { issuer }, needs: { keyrings: withCookieKeys(old) } })
    const visitor = newVisitor(world)
    const page = locationOf(await visitor.authorize())?.pathname ?? ''
    await world.close()
    const { expiring } = world.needs
    const keyrings = withCookieKeys(sampleSecret('c2'), old)
    world = await openProviderWorld({ config: { issuer }, needs: { expiring, keyrings } })
    const after = newVisitor(world)
    for (const [key, cookie] of visitor.cookies) after.cookies.set(key, cookie)
    expect((await after.go(page)).status).toBe(200)
  })

  test('is not given for a visit that could not be kept', async () => {
    const { victim } = await open()
    const before = visits(victim)
    world.store.breakDown('before', (operation, key) => operation === 'put' && key.startsWith('oidc:interaction:'))
    expect((await victim.authorize()).status).toBe(503)
    expect(visits(victim)).toEqual(before)
  })
})

describe('many visits at once', () => {
  test.each(ISSUERS)('on %s keep twenty cookies: the oldest go, the new one stays', async (_where, issuer = '') => {
    world = await openProviderWorld({ config: { issuer } })
    const visitor = newVisitor(world)
    const pages: string[] = []
    for (let tabs = 0; tabs < 22; tabs++) pages.push(locationOf(await visitor.authorize())?.pathname ?? '')
    expect(visits(visitor)).toHaveLength(20)
    const opened = [pages[1], pages[2], pages[21]].map((page = '') => visitor.go(page))
    expect((await Promise.all(opened)).map(({ status }) => status)).toEqual([400, 200, 200])
  })

  test('lose the surplus little by little, so that no answer has too many headers', async () => {
    const { victim: visitor } = await open()
    const planted = Array.from({ length: 60 }, (_, at) => `campus_visit_${String(at).padStart(10, '0')} /`)
    for (const key of planted) visitor.cookies.set(key, { value: 'x', path: '/', attributes: '' })
    const { headers } = await visitor.authorize()
    expect((headers['set-cookie'] ?? []).filter((line) => line.includes('=;'))).toHaveLength(10)
    for (let tabs = 0; tabs < 6; tabs++) await visitor.authorize()
    expect(visits(visitor)).toHaveLength(20)
  })

  test('are told by their names: no other cookie goes with them', async () => {
    const { victim: visitor } = await open()
    const others = ['campus_visit', 'campus_visit_short', 'campus_visit_0123456789.sig', 'other_visit_0123456789']
    for (const name of others) visitor.cookies.set(`${name} /`, { value: 'x', path: '/', attributes: '' })
    for (let tabs = 0; tabs < 21; tabs++) await visitor.authorize()
    expect([...visitor.cookies.keys()]).toEqual(expect.arrayContaining(others.map((name) => `${name} /`)))
  })
})
