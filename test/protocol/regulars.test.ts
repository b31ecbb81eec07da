import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { VISITS_MAX } from '../../src/oidc/crowd-control.ts'
import { newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { fillVisits } from '../support/visit-budgets.ts'

let world: ProviderWorld
beforeEach(async () => {
  world = await openProviderWorld()
})
afterEach(() => world.close())

/** Somebody has signed in here; nobody is signed in now. */
async function regular(): Promise<Visitor> {
  const visitor = newVisitor(world)
  await visitor.signIn()
  for (const key of visitor.cookies.keys()) if (!key.startsWith('campus_device')) visitor.cookies.delete(key)
  return visitor
}

describe('a browser on which somebody has signed in before', () => {
  test('is let in when strangers have used up what is for strangers', async () => {
    const visitor = await regular()
    await fillVisits(world, 'address', VISITS_MAX.address)
    await fillVisits(world, 'outside', VISITS_MAX.outside)
    expect((await newVisitor(world).authorize()).status).toBe(429)
    expect((await visitor.authorize()).status).toBe(303)
  })

  test('is not believed for a cookie that it made itself', async () => {
    const visitor = await regular()
    await fillVisits(world, 'outside', VISITS_MAX.outside)
    for (const cookie of visitor.cookies.values()) cookie.value = `${cookie.value.slice(0, -2)}xx`
    expect((await visitor.authorize()).status).toBe(503)
  })

  test('has a budget of its own, and without it is a stranger like any other', async () => {
    const visitor = await regular()
    await visitor.authorize()
    await fillVisits(world, 'device', VISITS_MAX.device)
    expect((await visitor.authorize()).status).toBe(303)
    await fillVisits(world, 'outside', VISITS_MAX.outside)
    expect((await visitor.authorize()).status).toBe(503)
    expect((await (await copyOf(visitor)).authorize()).status).toBe(503)
  })

  test('costs one flight, as strangers do', async () => {
    const visitor = await regular()
    world.store.calls.length = 0
    await visitor.authorize()
    expect(world.store.calls.map(({ operation }) => operation)).toEqual(['count', 'count', 'put'])
  })

  async function copyOf(visitor: Visitor): Promise<Visitor> {
    const copy = newVisitor(world)
    for (const [key, cookie] of visitor.cookies) copy.cookies.set(key, cookie)
    return copy
  }
})

describe('a person who is signed in', () => {
  const again = (visitor: Visitor) => visitor.authorize({ params: { prompt: 'login' } })

  test('opens so many pages and no more, on whatever browser', async () => {
    const [visitor, other, mei] = [newVisitor(world), newVisitor(world), newVisitor(world)]
    await visitor.signIn()
    await other.signIn()
    await mei.signIn({}, { person: 'mei' })
    for (let visits = 0; visits < VISITS_MAX.person; visits += 1) expect((await again(visitor)).status).toBe(303)
    const before = world.store.standing().size
    for (const browser of [visitor, other]) {
      const { status, headers, body } = await again(browser)
      expect([status, headers.location]).toEqual([429, undefined])
      expect(Number(headers['retry-after'])).toBeGreaterThan(800)
      expect(body).toContain('too_many_requests')
    }
    expect(world.store.standing().size).toBe(before)
    expect((await again(mei)).status).toBe(303)
    // What needs no page is no visit.
    expect((await visitor.authorize()).headers.location).toContain('code=')
  })

  test('is not kept out by strangers', async () => {
    const visitor = newVisitor(world)
    await visitor.signIn()
    await fillVisits(world, 'address', VISITS_MAX.address)
    await fillVisits(world, 'outside', VISITS_MAX.outside)
    expect((await again(visitor)).status).toBe(303)
  })

  test('counts as a stranger where regulars have used up what is for regulars', async () => {
    const visitor = newVisitor(world)
    await visitor.signIn()
    await again(visitor)
    await fillVisits(world, 'regulars', VISITS_MAX.regulars)
    expect((await again(visitor)).status).toBe(303)
    await fillVisits(world, 'outside', VISITS_MAX.outside)
    expect((await again(visitor)).status).toBe(503)
  })

  test('has no second budget among strangers', async () => {
    const visitor = newVisitor(world)
    await visitor.signIn()
    await again(visitor)
    await fillVisits(world, 'regulars', VISITS_MAX.regulars)
    for (let visits = 1; visits < VISITS_MAX.person; visits += 1) expect((await again(visitor)).status).toBe(303)
    expect((await again(visitor)).status).toBe(429)
  })
})
