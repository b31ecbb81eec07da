import { afterEach, describe, expect, test } from '@jest/globals'
import { endSession, endSessionsOf, findSession, listSessions, sessionsOfPerson } from '../../src/oidc/oidc.ts'
import { type BackChannelWorld, openBackChannelWorld, signOut } from '../support/back-channels.ts'
import { claimsIn, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { until } from '../support/until.ts'

let world: BackChannelWorld
afterEach(() => world.close())

async function open(...asked: Parameters<typeof openBackChannelWorld>) {
  world = await openBackChannelWorld(...asked)
  return world
}

const staff = { actor: 'operator:wang' }

/** An act on stores of which each is a transaction of its own. */
const acting = () => {
  const { notBefore, audit, clock } = world.needs
  const stores = { notBefore, audit }
  return { clock, transaction: (work: unknown) => (work as (inside: typeof stores) => Promise<never>)(stores) }
}

/** Everybody who took part in what was ended. */
async function told(count: number) {
  await world.deliver()
  await until('everybody is told', () => world.channels.flatMap(({ received }) => received).length === count)
  return world.channels.map(({ received }) => received.map((token) => claimsIn(token)['sid']))
}

const sidOf = (at: number) => claimsIn(world.tokens[at]?.['id_token'])['sid']
const isSignedIn = async (visitor: Visitor) =>
  locationOf(await visitor.authorize({ client: 'rp-0' }))?.searchParams.has('code') ?? false

describe('sessions of a person', () => {
  test('are listed, the newest first, with who took part and from where', async () => {
    await open([200, 200])
    await newVisitor(world).signIn({ client: 'rp-0' }, { person: 'lan', remember: 'yes' })
    await newVisitor(world).signIn({ client: 'rp-0' }, { person: 'mei' })
    const sessions = await listSessions(world.needs, 'lan')
    expect(sessions.map(({ clients }) => clients).toSorted()).toEqual([['rp-0'], ['rp-0', 'rp-1']])
    expect(sessions.map(({ remembered }) => remembered).toSorted()).toEqual([false, true])
    expect(sessions).toMatchObject([
      { personId: 'lan' },
      { personId: 'lan', from: expect.stringMatching(/127\.0\.0\.1|::/) },
    ])
    const days = sessions.map(({ signedInAt, endsAt }) => (endsAt.getTime() - signedInAt.getTime()) / 3_600_000)
    expect(Math.max(...days)).toBeCloseTo(7 * 24, 1)
  })

  test('that have ended are not listed, whatever the store of what expires says', async () => {
    const { visitor } = await open([200])
    const [mine] = await listSessions(world.needs, 'lan')
    const before = [...world.store.standing()]
    await signOut(visitor)
    for (const [key, value] of before) {
      await world.needs.expiring.put(key, value, { seconds: 600, indexes: [sessionsOfPerson('lan')] })
    }
    expect(await listSessions(world.needs, 'lan')).toEqual([])
    expect(await findSession(world.needs, mine?.id ?? '')).toBeNull()
    world.store.wipe()
    expect(await listSessions(world.needs, 'lan')).toEqual([])
  })

  test('are ended one at a time, and their relying parties are told', async () => {
    const { visitor, tokens } = await open([200, 200])
    const elsewhere = newVisitor(world)
    await elsewhere.signIn({ client: 'rp-0' })
    const session = (await listSessions(world.needs, 'lan')).find(({ clients }) => clients.length === 2)
    if (!session) throw new Error('somebody is signed in at both')
    await endSession(acting(), session, staff)
    // At once, before anybody was told.
    expect(await isSignedIn(visitor)).toBe(false)
    expect((await visitor.userinfo(tokens[1]?.['access_token'])).status).toBe(401)
    expect(await told(2)).toEqual([[sidOf(0)], [sidOf(1)]])
    expect(await isSignedIn(elsewhere)).toBe(true)
    expect(world.events).toContainEqual({ event: 'session.ended', result: 'success', ...staff, subject: 'person:lan' })
    expect(await findSession(world.needs, session.id)).toBeNull()
  })

  test('are ended all at once, of that person alone', async () => {
    const { visitor } = await open([200])
    const elsewhere = newVisitor(world)
    await elsewhere.signIn({ client: 'rp-0' })
    const hers = newVisitor(world)
    await hers.signIn({ client: 'rp-0' }, { person: 'mei' })
    await endSessionsOf(acting(), 'lan', staff)
    const [sids] = await told(2)
    expect(sids).toContain(sidOf(0))
    expect([await isSignedIn(visitor), await isSignedIn(elsewhere), await isSignedIn(hers)]).toEqual([
      false,
      false,
      true,
    ])
    expect(await listSessions(world.needs, 'lan')).toEqual([])
    // Nothing is told twice.
    await world.deliver()
    expect(await told(2)).toHaveLength(1)
  })

  test('that begin after the end are none of it', async () => {
    const { visitor } = await open([200])
    await endSessionsOf(acting(), 'lan', staff)
    await visitor.signIn({ client: 'rp-0' })
    expect(await isSignedIn(visitor)).toBe(true)
    await world.deliver()
    expect(await isSignedIn(visitor)).toBe(true)
    expect(await listSessions(world.needs, 'lan')).toHaveLength(1)
  })

  test('are told of when the store of what expires is back, if it was away', async () => {
    await open([200])
    world.store.breakDown('before')
    await endSessionsOf(acting(), 'lan', staff)
    await world.deliver()
    expect(world.channels[0]?.received).toEqual([])
    world.store.repair()
    expect(await told(1)).toEqual([[sidOf(0)]])
  })
})
