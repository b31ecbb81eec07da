import { afterEach, describe, expect, test } from '@jest/globals'
import { sampleClient } from '../support/memory-desk.ts'
import { claimsIn, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { documentsIn, editSessions, isSession } from '../support/session-documents.ts'
import { until } from '../support/until.ts'

let world: ProviderWorld
afterEach(() => world.close())

const three = ['library', 'canteen', 'sports']

function sessionCookie(visitor: Visitor): string {
  return visitor.cookies.get('campus_session /')?.value ?? ''
}

async function openThree(): Promise<Visitor> {
  world = await openProviderWorld({ clients: three.map((id) => sampleClient(id)) })
  return newVisitor(world)
}

function codeOf(answer: Parameters<typeof locationOf>[0]): string {
  return locationOf(answer)?.searchParams.get('code') ?? ''
}

describe('one session', () => {
  test('serves the next relying party without a page', async () => {
    const visitor = await openThree()
    await visitor.signIn({ client: 'library' })
    const code = codeOf(await visitor.authorize({ client: 'canteen' }))
    expect((await visitor.redeem(code, { client: 'canteen' })).status).toBe(200)
  })

  test('serves three that open at once, and forgets none of them', async () => {
    const visitor = await openThree()
    await visitor.signIn({ client: 'library' })
    const answers = await Promise.all(three.map((client) => visitor.authorize({ client })))
    const redeemed = await Promise.all(
      answers.map((answer, at) => visitor.redeem(codeOf(answer), { client: three[at] ?? '' })),
    )
    expect(redeemed.map(({ status }) => status)).toEqual([200, 200, 200])
    for (const { body } of redeemed) expect((await visitor.userinfo(body['access_token'])).status).toBe(200)
  })

  test('serves five tabs that open one new relying party at once: all of their codes are good', async () => {
    const visitor = await openThree()
    await visitor.signIn({ client: 'library' })
    const { read } = world.needs.expiring
    let arrived = 0
    // Each has read the session before any of them has told it of its own grant.
    world.needs.expiring.read = async (key) => {
      const raw = await read(key)
      arrived += isSession(key) ? 1 : 0
      await until('all have arrived', () => arrived >= 5)
      return raw
    }
    const tabs = await Promise.all(Array.from({ length: 5 }, () => visitor.authorize({ client: 'canteen' })))
    const redeemed = await Promise.all(tabs.map((tab) => visitor.redeem(codeOf(tab), { client: 'canteen' })))
    expect(redeemed.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(new Set(redeemed.map(({ body }) => claimsIn(body['id_token'])['sub'])).size).toBe(1)
  })

  test('answers prompt=none where it stands, and login_required where there is none', async () => {
    const visitor = await openThree()
    const refused = await visitor.authorize({ params: { prompt: 'none' } })
    expect(locationOf(refused)?.searchParams.get('error')).toBe('login_required')
    expect(world.store.standing().size).toBe(0)
    await visitor.signIn()
    expect(codeOf(await visitor.authorize({ params: { prompt: 'none' } }))).not.toBe('')
  })

  test('costs no more trips to the store than it must', async () => {
    const visitor = await openThree()
    await visitor.redeem(await visitor.signIn())
    const trips = async (work: () => Promise<unknown>) => {
      world.store.calls.length = 0
      await work()
      return world.store.calls.map(({ operation }) => operation)
    }
    const arrived = await trips(() => newVisitor(world).authorize())
    // Two counts side by side, then the interaction.
    expect(arrived).toEqual(['count', 'count', 'put'])
    const stranger = newVisitor(world)
    const page = locationOf(await stranger.authorize())?.pathname ?? ''
    expect(await trips(() => stranger.go(`${page}/sign-in`, { person: 'lan' }))).toEqual(['read', 'swap'])
    // The session with its grants; the code. The session itself has not changed.
    expect(await trips(() => visitor.authorize())).toEqual(['read', 'put'])
    const code = codeOf(await visitor.authorize())
    // The code and its session; consumed; the access token.
    expect(await trips(() => visitor.redeem(code))).toEqual(['readAll', 'swap', 'put'])
    const { body } = await visitor.redeem(codeOf(await visitor.authorize()))
    expect(await trips(() => visitor.userinfo(body['access_token']))).toEqual(['readAll'])
  })
})

describe('the identifier of a session', () => {
  test('is new after every sign-in, and the old one is worth nothing', async () => {
    const visitor = await openThree()
    await visitor.signIn()
    const before = sessionCookie(visitor)
    const thief = newVisitor(world)
    for (const [key, cookie] of visitor.cookies) thief.cookies.set(key, { ...cookie })
    await visitor.finish(await visitor.authorize({ params: { prompt: 'login' } }))
    expect(sessionCookie(visitor)).not.toBe(before)
    expect(codeOf(await visitor.authorize())).not.toBe('')
    expect(locationOf(await thief.authorize())?.pathname).toMatch(/^\/interaction\//)
  })

  test('that somebody planted before the sign-in does not become a session (fixation)', async () => {
    const visitor = await openThree()
    // An anonymous session: the sign-out page of somebody who is not signed in makes one.
    await visitor.go('/session/end')
    const planted = newVisitor(world)
    for (const [key, cookie] of visitor.cookies) planted.cookies.set(key, { ...cookie })
    expect(sessionCookie(planted)).not.toBe('')
    const arrived = await visitor.authorize()
    const [, uid] = locationOf(arrived)?.pathname.match(/interaction\/(.*)$/) ?? []
    const signedIn = await visitor.go(`/interaction/${uid}/sign-in`, { person: 'lan' })
    // The planted cookie is under way while the sign-in is completed.
    const [finished] = await Promise.all([visitor.finish(signedIn), planted.go('/session/end'), planted.authorize()])
    expect(codeOf(finished)).not.toBe('')
    expect(locationOf(await planted.authorize())?.pathname).toMatch(/^\/interaction\//)
  })

  test('without our signature is no session', async () => {
    const visitor = await openThree()
    await visitor.signIn()
    visitor.cookies.delete('campus_session.sig /')
    expect(locationOf(await visitor.authorize())?.pathname).toMatch(/^\/interaction\//)
  })
})

describe('the life of a session', () => {
  const recorded = () => {
    const [
      {
        session: { exp = 0, loginTs = 0 },
      } = { session: {} },
    ] = documentsIn(world.store)
    return { exp, loginTs }
  }

  test('ends two hours after its last use, and slides', async () => {
    const visitor = await openThree()
    await visitor.signIn()
    const session = recorded()
    // Idle counts from the save, which on a busy machine is a second or two after the sign-in.
    expect(Math.floor((session.exp - session.loginTs) / 10)).toBe((2 * 3_600) / 10)
    editSessions(world.store, ({ exp = 0 }) => ({ exp: exp - 3_600 }))
    await visitor.authorize()
    expect(recorded().exp).toBeGreaterThanOrEqual(session.exp)
    expect(visitor.cookies.get('campus_session /')?.attributes).not.toMatch(/expires/i)
  })

  test('ends twelve hours after the sign-in at the latest', async () => {
    const visitor = await openThree()
    await visitor.signIn()
    const age = (seconds: number) =>
      editSessions(world.store, () => {
        const now = Math.floor(Date.now() / 1_000)
        return { loginTs: now - seconds, exp: now + 60 }
      })
    age(12 * 3_600 - 600)
    await visitor.authorize()
    expect(recorded().exp - Date.now() / 1_000).toBeLessThanOrEqual(600)
    age(12 * 3_600 + 1)
    const arrived = await visitor.authorize()
    expect((await visitor.visit(locationOf(arrived)?.pathname ?? '')).prompt).toMatchObject({
      reasons: ['session_too_old'],
    })
  })

  test('with 7天免登录 is seven days from the sign-in, outlives the browser, and does not slide', async () => {
    const visitor = await openThree()
    await visitor.finish(await visitor.authorize(), { person: 'lan', remember: 'yes' })
    const session = recorded()
    expect(session.exp - session.loginTs).toBe(7 * 86_400)
    expect(visitor.cookies.get('campus_session /')?.attributes).toMatch(/expires/i)
    await visitor.authorize()
    expect(recorded().exp - session.exp).toBeLessThanOrEqual(1)
  })

  test('can be chosen anew at the next sign-in', async () => {
    const visitor = await openThree()
    await visitor.signIn()
    await visitor.finish(await visitor.authorize({ params: { prompt: 'login' } }), { person: 'lan', remember: 'yes' })
    expect(recorded().exp - recorded().loginTs).toBe(7 * 86_400)
    await visitor.finish(await visitor.authorize({ params: { prompt: 'login' } }), { person: 'lan' })
    // Idle counts from the last save, which on a busy machine is a second or two after the sign-in.
    expect(Math.floor((recorded().exp - recorded().loginTs) / 10)).toBe((2 * 3_600) / 10)
  })

  test('can be found by its person', async () => {
    const visitor = await openThree()
    await visitor.signIn()
    expect(await world.needs.expiring.listed('p:lan')).toHaveLength(1)
    expect(await world.needs.expiring.listed('p:mei')).toHaveLength(0)
  })
})

describe('another person at the same browser', () => {
  test('gets a session of their own, and nothing of the first one lives on', async () => {
    const visitor = await openThree()
    const first = await visitor.redeem(await visitor.signIn())
    const arrived = await visitor.authorize({ params: { prompt: 'login' } })
    const [, page] = locationOf(arrived)?.pathname.match(/^(\/interaction\/.*)$/) ?? []
    const resumed = await visitor.go(locationOf(await visitor.go(`${page}/sign-in`, { person: 'mei' }))?.href ?? '')
    // The first one is signed out by the form of a page in between.
    const { page: between, xsrf, action } = JSON.parse(resumed.body)
    expect([between, new URL(action).pathname]).toEqual(['switch', '/session/end/confirm'])
    const code = codeOf(await visitor.finish(await visitor.go('/session/end/confirm', { xsrf, logout: 'yes' })))
    const second = await visitor.redeem(code)
    expect(claimsIn(second.body['id_token'])['sub']).not.toBe(claimsIn(first.body['id_token'])['sub'])
    expect((await visitor.userinfo(first.body['access_token'])).status).toBe(401)
    expect((await visitor.userinfo(second.body['access_token'])).body['campus_id']).toBe('202407010102')
  })
})
