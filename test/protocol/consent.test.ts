import { afterEach, describe, expect, test } from '@jest/globals'
import { claimsOf } from '../../src/clients/clients.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { until } from '../support/until.ts'

let world: ProviderWorld
afterEach(() => world.close())

async function thirdParty(changes = {}): Promise<Visitor> {
  world = await openProviderWorld({ clients: [sampleClient('club', { first_party: false, ...changes })] })
  return newVisitor(world)
}

/** Signs in, and stops at the consent page. */
async function arriveAtConsent(visitor: Visitor, params: Record<string, string> = {}): Promise<string> {
  const arrived = await visitor.authorize({ client: 'club', params })
  const page = locationOf(arrived)?.pathname ?? ''
  if ((await visitor.visit(page)).prompt.name === 'consent') return page
  const resumed = locationOf(await visitor.go(`${page}/sign-in`, { person: 'lan' }))?.href ?? ''
  return locationOf(await visitor.go(resumed))?.pathname ?? ''
}

const codeFrom = (answer: Parameters<typeof locationOf>[0]) => locationOf(answer)?.searchParams.get('code')

describe('a third party', () => {
  test('is asked about once, with what it wants, and the answer outlasts the session', async () => {
    const visitor = await thirdParty()
    const page = await arriveAtConsent(visitor)
    expect((await visitor.visit(page)).prompt).toEqual({
      ...{ name: 'consent', reasons: ['op_scopes_missing'], scopes: ['openid', 'profile', 'campus_basic'] },
      ...{ claims: [], fields: claimsOf(['profile', 'campus_basic']) },
    })
    const resumed = locationOf(await visitor.go(`${page}/consent`, {}))?.href ?? ''
    const { body } = await visitor.redeem(codeFrom(await visitor.go(resumed)) ?? '', { client: 'club' })
    expect((await visitor.userinfo(body['access_token'])).body).toMatchObject({ campus_type: 'undergraduate' })

    expect(codeFrom(await visitor.authorize({ client: 'club' }))).toBeTruthy()
    world.store.wipe()
    const elsewhere = newVisitor(world)
    const signIn = locationOf(await elsewhere.authorize({ client: 'club' }))?.pathname ?? ''
    const back = locationOf(await elsewhere.go(`${signIn}/sign-in`, { person: 'lan' }))?.href ?? ''
    expect(codeFrom(await elsewhere.go(back))).toBeTruthy()
    const given = world.events.filter(({ event }) => event === 'consent.given')
    const signedIn = world.events.find(({ event }) => event === 'sign-in.completed')
    expect(given.map(({ device }) => device)).toEqual([signedIn?.device])
    expect(given[0]?.device).toMatch(/^[\w-]{22}$/)
  })

  test('that wants more is asked about, for what is new', async () => {
    const visitor = await thirdParty()
    await visitor.signIn({ client: 'club', params: { scope: 'openid profile' } })
    const page = await arriveAtConsent(visitor, { scope: 'openid profile campus_org' })
    expect((await visitor.visit(page)).prompt).toMatchObject({ scopes: ['campus_org'] })
    await visitor.go(`${page}/consent`, {})
    const consent = await world.needs.consents.find('lan', 'club')
    expect(consent?.scopes.toSorted()).toEqual(['campus_org', 'openid', 'profile'])
  })

  test('gets nothing that was not allowed, whatever it asks for by single claims', async () => {
    const visitor = await thirdParty({ scope: 'openid profile' })
    const claims = JSON.stringify({ userinfo: { campus_id: { essential: true }, name: null } })
    const code = await visitor.signIn({ client: 'club', params: { scope: 'openid', claims } })
    const { body } = await visitor.redeem(code, { client: 'club' })
    const userinfo = await visitor.userinfo(body['access_token'])
    expect(userinfo.body).toEqual({ sub: expect.any(String), name: '吴兰' })
    expect((await world.needs.consents.find('lan', 'club'))?.claims).toEqual(['name'])
  })

  test('may have the page shown again (prompt=consent)', async () => {
    const visitor = await thirdParty()
    await visitor.signIn({ client: 'club' })
    const page = await arriveAtConsent(visitor, { prompt: 'consent' })
    expect((await visitor.visit(page)).prompt).toMatchObject({
      reasons: ['consent_prompt'],
      scopes: ['openid', 'profile', 'campus_basic'],
    })
  })

  test('that wants a fresh sign-in and an answer gets both, once each', async () => {
    const visitor = await thirdParty()
    await visitor.signIn({ client: 'club' })
    const code = await visitor.signIn({ client: 'club', params: { prompt: 'login consent' } })
    expect((await visitor.redeem(code, { client: 'club' })).status).toBe(200)
    expect(world.events.filter(({ event }) => event === 'sign-in.completed')).toHaveLength(2)
  })

  test('has a page on which nobody can sign in', async () => {
    const visitor = await thirdParty()
    const page = await arriveAtConsent(visitor)
    expect((await visitor.go(`${page}/sign-in`, { person: 'mei' })).status).toBe(409)
  })

  test('that was refused learns access_denied, and nothing is kept', async () => {
    const visitor = await thirdParty()
    const page = await arriveAtConsent(visitor)
    const resumed = locationOf(await visitor.go(`${page}/abandon`, {}))?.href ?? ''
    const back = locationOf(await visitor.go(resumed))
    expect(back?.origin).toBe('https://club.school.example')
    expect(Object.fromEntries(back?.searchParams ?? [])).toMatchObject({
      error: 'access_denied',
      state: 'opaque-state',
    })
    expect(await world.needs.consents.find('lan', 'club')).toBeNull()
  })

  test('is asked about again when the person has withdrawn', async () => {
    const visitor = await thirdParty()
    await visitor.signIn({ client: 'club' })
    await world.needs.consents.withdraw('lan', 'club')
    expect(await arriveAtConsent(visitor)).toMatch(/^\/interaction\//)
    const silent = await visitor.authorize({ client: 'club', params: { prompt: 'none' } })
    expect(locationOf(silent)?.searchParams.get('error')).toBe('consent_required')
  })

  test('that is an app is asked about every time: anybody could pretend to be it', async () => {
    const visitor = await thirdParty({ application_type: 'native', redirect_uris: ['edu.school.club:/callback'] })
    const redirectUri = 'edu.school.club:/callback'
    await visitor.signIn({ client: 'club', redirectUri })
    const arrived = await visitor.authorize({ client: 'club', redirectUri })
    const page = locationOf(arrived)?.pathname ?? ''
    expect((await visitor.visit(page)).prompt.name).toBe('consent')
  })

  test('that is allowed and refused at once gets one answer, in the audit and at the next visit too', async () => {
    const answers = ['consent', 'abandon']
    for (let turn = 0; turn < 4; turn++) {
      const visitor = await thirdParty()
      const page = await arriveAtConsent(visitor)
      const { swap } = world.needs.expiring
      let arrived = 0
      world.needs.expiring.swap = async (key, ...change) => {
        arrived += 1
        await until('both are about to answer', () => arrived >= 2)
        return swap(key, ...change)
      }
      const pressed = turn % 2 === 0 ? answers : answers.toReversed()
      const ends = await Promise.all(pressed.map((answer) => visitor.go(`${page}/${answer}`, {})))
      expect(ends.map(({ status }) => status).toSorted()).toEqual([303, 409])
      const isAllowed = pressed[ends.findIndex(({ status }) => status === 303)] === 'consent'
      const names = world.events.map(({ event }) => event).filter((event) => /^(consent|visit)\./.test(event))
      expect(names).toEqual([isAllowed ? 'consent.given' : 'visit.abandoned'])
      expect((await world.needs.consents.find('lan', 'club')) !== null).toBe(isAllowed)
      const silent = locationOf(await visitor.authorize({ client: 'club', params: { prompt: 'none' } }))
      expect(silent?.searchParams.has('code')).toBe(isAllowed)
      if (turn < 3) await world.close()
    }
  })

  test('is given by the next click where the first could not be kept', async () => {
    const visitor = await thirdParty()
    const page = await arriveAtConsent(visitor)
    const { allow } = world.needs.consents
    world.needs.consents.allow = () =>
      Promise.reject(Object.assign(new Error('down'), { unavailable: 'postgres', retryAfterSeconds: 2 }))
    const { status, headers } = await visitor.go(`${page}/consent`, {})
    expect([status, headers.location]).toEqual([503, undefined])
    world.needs.consents.allow = allow
    expect(world.events.map(({ event }) => event)).not.toContain('consent.given')
    const again = await visitor.go(`${page}/consent`, {})
    const back = await visitor.go(locationOf(again)?.pathname ?? '')
    expect(locationOf(back)?.searchParams.has('code')).toBe(true)
    expect(world.events.filter(({ event }) => event === 'consent.given')).toHaveLength(1)
  })

  test('is kept before anybody goes on: a second click does not overtake the first', async () => {
    const visitor = await thirdParty()
    const page = await arriveAtConsent(visitor)
    const { allow } = world.needs.consents
    const store = Promise.withResolvers<void>()
    let waiting = 0
    world.needs.consents.allow = async (...asked) => {
      waiting += 1
      await store.promise
      return allow(...asked)
    }
    const first = visitor.go(`${page}/consent`, {})
    await until('the first click is on its way to the store', () => waiting === 1)
    const second = visitor.go(`${page}/consent`, {})
    const overtaken = second.then(() => {
      throw new Error('the second click went on alone')
    })
    await Promise.race([overtaken, until('the second click waits as well', () => waiting === 2)])
    overtaken.catch(() => undefined)
    store.resolve()
    const [one] = await Promise.all([first, second])
    const back = await visitor.go(locationOf(one)?.pathname ?? '')
    expect(locationOf(back)?.searchParams.has('code')).toBe(true)
  })

  test('gets no consent from a browser that does not hold the session', async () => {
    const visitor = await thirdParty()
    const page = await arriveAtConsent(visitor)
    const session = visitor.cookies.get('campus_session /')
    visitor.cookies.delete('campus_session /')
    expect((await visitor.go(`${page}/consent`, {})).status).toBe(400)
    expect(await world.needs.consents.find('lan', 'club')).toBeNull()
    if (session) visitor.cookies.set('campus_session /', session)
    expect((await visitor.go(`${page}/consent`, {})).status).toBe(303)
  })

  test('gets no consent from somebody who was suspended on the page', async () => {
    const visitor = await thirdParty()
    const page = await arriveAtConsent(visitor)
    await world.setState('lan', 'suspended')
    expect((await visitor.go(`${page}/consent`, {})).status).toBe(403)
    expect(await world.needs.consents.find('lan', 'club')).toBeNull()
  })
})

describe("the school's own client", () => {
  test('shows no consent page, whatever it asks for', async () => {
    world = await openProviderWorld({ clients: [sampleClient('library', { application_type: 'native' })] })
    const visitor = newVisitor(world)
    const arrived = await visitor.authorize({ params: { prompt: 'consent', scope: 'openid profile offline_access' } })
    const page = locationOf(arrived)?.pathname ?? ''
    const resumed = locationOf(await visitor.go(`${page}/sign-in`, { person: 'lan' }))?.href ?? ''
    expect(codeFrom(await visitor.go(resumed))).toBeTruthy()
  })

  test('gets what it asked for, not all that it may ask for', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const { body } = await visitor.redeem(await visitor.signIn({ params: { scope: 'openid' } }))
    expect(body['scope']).toBe('openid')
    expect((await visitor.userinfo(body['access_token'])).body).toEqual({ sub: expect.any(String) })
  })

  test('gets no scope and no claim beyond its registration', async () => {
    world = await openProviderWorld({ clients: [sampleClient('library', { scope: 'openid profile' })] })
    const visitor = newVisitor(world)
    const refused = locationOf(await visitor.authorize({ params: { scope: 'openid campus_org' } }))
    expect(refused?.searchParams.get('error')).toBe('invalid_scope')
    const claims = JSON.stringify({ userinfo: { campus_id: null, name: null }, id_token: { campus_type: null } })
    const { body } = await visitor.redeem(await visitor.signIn({ params: { scope: 'openid', claims } }))
    expect((await visitor.userinfo(body['access_token'])).body).toEqual({ sub: expect.any(String), name: '吴兰' })
  })

  test('whose registration grew gets the new scope from the same session', async () => {
    world = await openProviderWorld({ clients: [sampleClient('library', { scope: 'openid' })] })
    const visitor = newVisitor(world)
    await visitor.signIn({ params: { scope: 'openid' } })
    await world.needs.clients.put(sampleClient('library', { scope: 'openid campus_org' }))
    const code = codeFrom(await visitor.authorize({ params: { scope: 'openid campus_org' } })) ?? ''
    const { body } = await visitor.redeem(code)
    expect((await visitor.userinfo(body['access_token'])).body).toMatchObject({ campus_org_name: '信息科学与工程学院' })
  })
})
