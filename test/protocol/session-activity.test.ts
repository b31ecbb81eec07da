/** A relying party that refreshes its tokens keeps the session alive from which it has them. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { endSession, listSessions } from '../../src/oidc/oidc.ts'
import { signOut } from '../support/back-channels.ts'
import { sampleClient, sampleResourceServer } from '../support/memory-desk.ts'
import { locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { wholeTransaction } from '../support/registering.ts'
import { documentsIn, editSessions, endSessions, isSession } from '../support/session-documents.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const ROOMS = 'https://rooms.school.example/'
const resources = [{ identifier: ROOMS, scopes: ['rooms:read'] }]

let world: ProviderWorld
beforeEach(async () => {
  world = await openProviderWorld({
    clients: [
      sampleClient('library', { resources }),
      sampleClient('app', { token_endpoint_auth_method: 'none', resources }),
    ],
    resourceServers: [sampleResourceServer(ROOMS, null, { scopes: ['rooms:read'] })],
  })
})
afterEach(() => world.close())

async function signedIn(client: string, { remember = false, asks = {} } = {}) {
  const visitor = newVisitor(world)
  const params = { scope: 'openid offline_access', prompt: 'consent', ...asks }
  const arrived = await visitor.authorize({ client, params })
  const finished = await visitor.finish(arrived, { person: 'lan', ...(remember && { remember: 'yes' }) })
  const { body } = await visitor.redeem(locationOf(finished)?.searchParams.get('code') ?? '', { client })
  let token = body['refresh_token']
  const refresh = async () => {
    const answer = await visitor.refresh(token, client)
    token = answer.body['refresh_token']
    return answer
  }
  return { visitor, refresh, token: () => String(token) }
}

/** As if the person had signed in, and was last here, so much earlier. */
function pass(seconds: number): void {
  editSessions(world.store, ({ exp = 0, loginTs = 0 }) => ({ exp: exp - seconds, loginTs: loginTs - seconds }))
}

const sessionNow = () => documentsIn(world.store)[0]?.session
const secondsLeft = () => (sessionNow()?.exp ?? 0) - Date.now() / 1_000

async function isIn(visitor: Visitor): Promise<boolean> {
  const answer = await visitor.authorize({ params: { prompt: 'none' } })
  return locationOf(answer)?.searchParams.has('code') ?? false
}

async function tripsOf(work: () => Promise<{ status: number }>): Promise<string[]> {
  world.store.calls.length = 0
  expect((await work()).status).toBe(200)
  return world.store.calls.map(({ operation }) => operation)
}

describe.each([
  ['whose refresh token stays', 'library'],
  ['whose refresh token rotates', 'app'],
])('a client %s', (_which, client) => {
  test('is used two hours after the sign-in: the session is still there half an hour later', async () => {
    const { visitor, refresh } = await signedIn(client)
    pass(110 * MINUTE)
    expect((await refresh()).status).toBe(200)
    pass(40 * MINUTE)
    expect(await isIn(visitor)).toBe(true)
  })

  test('is not used: the session has ended', async () => {
    const { visitor } = await signedIn(client)
    pass(110 * MINUTE)
    pass(40 * MINUTE)
    expect(await isIn(visitor)).toBe(false)
  })

  test('is used all day: the session ends twelve hours after the sign-in', async () => {
    const { visitor, refresh } = await signedIn(client)
    for (let hours = 1; hours <= 11; hours++) {
      pass(HOUR)
      expect((await refresh()).status).toBe(200)
    }
    expect(secondsLeft()).toBeLessThanOrEqual(HOUR)
    pass(59 * MINUTE)
    expect((await refresh()).status).toBe(200)
    expect(secondsLeft()).toBeLessThanOrEqual(MINUTE)
    pass(2 * MINUTE)
    expect((await refresh()).status).toBe(200)
    expect(await isIn(visitor)).toBe(false)
  })

  test('moves no end of a session with 7天免登录', async () => {
    const { refresh } = await signedIn(client, { remember: true })
    pass(3 * 24 * HOUR)
    const before = sessionNow()?.exp
    expect((await refresh()).status).toBe(200)
    expect(sessionNow()?.exp).toBe(before)
  })

  test('does not bring back a session that has ended, though its tokens outlive it', async () => {
    const { visitor, refresh } = await signedIn(client)
    endSessions(world.store)
    const before = sessionNow()?.exp
    expect((await refresh()).status).toBe(200)
    expect(sessionNow()?.exp).toBe(before)
    expect(await isIn(visitor)).toBe(false)
  })

  test('does not bring back a session that was ended by staff', async () => {
    const { visitor, refresh } = await signedIn(client)
    pass(HOUR)
    const before = sessionNow()?.exp
    const [session] = await listSessions(world.needs, 'lan')
    if (session === undefined) throw new Error('nobody is signed in')
    await endSession({ ...world.needs, ...wholeTransaction(world) }, session, { actor: 'operator:wang' })
    expect((await refresh()).body['error']).toBe('invalid_grant')
    expect(sessionNow()?.exp).toBe(before)
    expect(await isIn(visitor)).toBe(false)
  })

  test('does not bring back a session that its person signs out of at the same moment', async () => {
    const { visitor, refresh } = await signedIn(client)
    pass(HOUR)
    const { swap } = world.needs.expiring
    let signsOut = true
    // The refresh has read the session, and the sign-out is quicker.
    world.needs.expiring.swap = async (key, ...how) => {
      if (signsOut && isSession(key)) {
        signsOut = false
        await signOut(visitor)
      }
      return swap(key, ...how)
    }
    const { body } = await refresh()
    expect(signsOut).toBe(false)
    expect(documentsIn(world.store)).toEqual([])
    expect(await isIn(visitor)).toBe(false)
    expect((await visitor.userinfo(body['access_token'])).status).toBe(401)
  })

  test('is used three times at once: each gets its answer or loses the race, and the end has moved', async () => {
    const { refresh } = await signedIn(client)
    pass(HOUR)
    const answers = await Promise.all([refresh(), refresh(), refresh()])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(client === 'app' ? 1 : 3)
    expect(secondsLeft()).toBeGreaterThan(119 * MINUTE)
  })

  test('has the session found in the list of its person until then', async () => {
    const { refresh } = await signedIn(client)
    pass(HOUR)
    const { swap } = world.needs.expiring
    const indexed: unknown[] = []
    world.needs.expiring.swap = (key, before, after, expiry) => {
      indexed.push(expiry?.indexes)
      return swap(key, before, after, expiry)
    }
    await refresh()
    expect(indexed).toEqual([['p:lan']])
  })

  test('gets a JWT for a resource server: that is a use as well', async () => {
    const asks = { resource: ROOMS, scope: 'openid offline_access rooms:read' }
    const { visitor, token } = await signedIn(client, { asks })
    pass(HOUR)
    const form = { grant_type: 'refresh_token', refresh_token: token(), resource: ROOMS }
    const answer = await visitor.machine('/token', form, client)
    expect(String(answer.body['access_token'])).toMatch(/^ey/)
    expect(secondsLeft()).toBeGreaterThan(119 * MINUTE)
  })
})

test('a use costs no trip more where the token rotates, and one in twelve minutes where it stays', async () => {
  const rotating = await signedIn('app')
  pass(13 * MINUTE)
  expect(await tripsOf(rotating.refresh)).toEqual(['read', 'swap', 'put'])
  expect(secondsLeft()).toBeGreaterThan(119 * MINUTE)
  pass(11 * MINUTE)
  expect(await tripsOf(rotating.refresh)).toEqual(['read', 'swap', 'put'])
  expect(secondsLeft()).toBeLessThan(110 * MINUTE)
  world.store.wipe()
  const staying = await signedIn('library')
  pass(11 * MINUTE)
  expect(await tripsOf(staying.refresh)).toEqual(['read', 'put'])
  pass(2 * MINUTE)
  expect(await tripsOf(staying.refresh)).toEqual(['read', 'put', 'swap'])
  expect(await tripsOf(staying.refresh)).toEqual(['read', 'put'])
})
