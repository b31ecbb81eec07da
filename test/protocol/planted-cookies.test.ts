/** Somebody who holds a host beside ours can set cookies in a person's browser, all but those named `__Host-`. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { sampleSecret } from '../support/sample-config.ts'

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

const resumeOf = (page: string) => page.replace('/interaction/', '/auth/')
const codes = () => [...world.store.standing().keys()].filter((key) => key.startsWith('oidc:authorization-code:'))

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

describe('the cookie of a visitor', () => {
  test('is shared by tabs and by the visits that come after one another', async () => {
    const { victim } = await open()
    const pages = [await victim.authorize(), await victim.authorize({ client: 'club' })]
    for (const arrived of pages) {
      const left = locationOf(await victim.finish(arrived))
      expect(left?.searchParams.has('code')).toBe(true)
    }
  })

  test('that comes twice is nobody’s: the planted one must not be chosen', async () => {
    const { attacker, victim, page } = await open()
    plant(attacker, victim)
    const planted = attacker.cookies.get('campus_visitor /')
    const own = victim.cookies.get('campus_visitor /')
    // A browser sends the one with the longer path first.
    victim.cookies.delete('campus_visitor /')
    if (planted) victim.cookies.set(`campus_visitor ${page}`, { ...planted, path: page })
    if (own) victim.cookies.set('campus_visitor /', own)
    expect((await victim.go(page)).status).toBe(400)
    expect((await victim.go(`${page}/sign-in`, { person: 'lan' })).status).toBe(400)
  })

  test('stands in the store as a hash alone', async () => {
    const { attacker } = await open()
    const { value = '' } = attacker.cookies.get('campus_visitor /') ?? {}
    expect(value).toMatch(/^[\w-]{22}$/)
    expect(JSON.stringify([...world.store.standing()])).not.toContain(value)
  })

  test('outlasts a change of the keys', async () => {
    const [issuer, old] = ['http://localhost', sampleSecret('c1')]
    world = await openProviderWorld({ config: { issuer, cookieKeys: [old] } })
    const visitor = newVisitor(world)
    const page = locationOf(await visitor.authorize())?.pathname ?? ''
    await world.close()
    const { expiring } = world.needs
    world = await openProviderWorld({ config: { issuer, cookieKeys: [sampleSecret('c2'), old] }, needs: { expiring } })
    const after = newVisitor(world)
    for (const [key, cookie] of visitor.cookies) after.cookies.set(key, cookie)
    expect((await after.go(page)).status).toBe(200)
  })
})
