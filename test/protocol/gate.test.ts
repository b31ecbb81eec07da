import { afterEach, describe, expect, test } from '@jest/globals'
import { ALL } from '../../src/gate/gate.ts'
import type { PersonState } from '../../src/people/people.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor, type Tokens, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { documentsIn, editFamilies, isCode, isSession } from '../support/session-documents.ts'

let world: ProviderWorld
afterEach(() => world.close())

const offline = { scope: 'openid profile offline_access', prompt: 'consent' }

interface Held {
  visitor: Visitor
  /** A code that has not been redeemed. */
  code: string
  tokens: Tokens['body']
}

/** Somebody who is signed in and holds one of everything. */
async function somebody(): Promise<Held> {
  world = await openProviderWorld({ clients: [sampleClient('library'), sampleClient('canteen')] })
  const visitor = newVisitor(world)
  const { body } = await visitor.redeem(await visitor.signIn({ params: offline }))
  const code = locationOf(await visitor.authorize({ params: offline }))?.searchParams.get('code') ?? ''
  expect(body['refresh_token']).toEqual(expect.any(String))
  return { visitor, code, tokens: body }
}

async function everythingIsRefused({ visitor, code, tokens }: Held): Promise<void> {
  expect((await visitor.redeem(code)).body['error']).toBe('invalid_grant')
  expect((await visitor.refresh(tokens['refresh_token'])).body['error']).toBe('invalid_grant')
  expect((await visitor.userinfo(tokens['access_token'])).status).toBe(401)
  const silent = await visitor.authorize({ params: { prompt: 'none' } })
  expect(locationOf(silent)?.searchParams.get('error')).toBe('login_required')
  const arrived = await visitor.authorize()
  const { prompt } = await visitor.visit(locationOf(arrived)?.pathname ?? '')
  expect(prompt.reasons).toContain('account_gone')
}

describe('who loses their standing gets nothing more, on any path', () => {
  test.each<PersonState>(['suspended', 'closed', 'pending'])('a person who is %s', async (state) => {
    const held = await somebody()
    await world.setState('lan', state)
    await everythingIsRefused(held)
    expect(world.events.filter(({ event }) => event === 'gate.refused').map(({ reason }) => reason)).toContain(
      `account_${state}`,
    )
  })

  test('a person whose last identity has expired', async () => {
    const held = await somebody()
    const person = await world.needs.people.find('lan')
    for (const identity of person?.identities ?? []) identity.validTo = new Date(Date.now() - 1)
    await everythingIsRefused(held)
  })

  test('a client that was disabled', async () => {
    const { visitor, code, tokens } = await somebody()
    await world.needs.clients.disable('library', new Date())
    for (const { status, body } of [await visitor.redeem(code), await visitor.refresh(tokens['refresh_token'])]) {
      expect([status, body['error']]).toEqual([401, 'invalid_client'])
    }
    expect((await visitor.userinfo(tokens['access_token'])).status).toBe(401)
    expect((await visitor.authorize()).status).toBe(400)
    expect(locationOf(await visitor.authorize({ client: 'canteen' }))?.searchParams.has('code')).toBe(true)
  })

  test('a person who is suspended between the page and the way back', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const page = locationOf(await visitor.authorize())?.pathname ?? ''
    const resume = locationOf(await visitor.go(`${page}/sign-in`, { person: 'lan' }))?.href ?? ''
    await world.setState('lan', 'suspended')
    const { status, headers, body } = await visitor.go(resume)
    expect([status, headers.location, headers['set-cookie']]).toEqual([403, undefined, undefined])
    expect(body).toContain('account_not_active')
    expect([...world.store.standing().keys()].some((key) => isCode(key) || isSession(key))).toBe(false)
  })

  test('a person whose sign-ins are all ended between the page and the way back', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const page = locationOf(await visitor.authorize())?.pathname ?? ''
    const resume = locationOf(await visitor.go(`${page}/sign-in`, { person: 'lan' }))?.href ?? ''
    const at = new Date(Date.now() + 1_000)
    await world.needs.notBefore.set('person', 'lan', { at, reason: 'password', expiresAt: null })
    const { status, headers, body } = await visitor.go(resume)
    expect([status, headers.location, headers['set-cookie']]).toEqual([400, undefined, undefined])
    expect(body).toContain('visit_expired')
    expect([...world.store.standing().keys()].some((key) => isCode(key) || isSession(key))).toBe(false)
  })

  test.each([
    ['the second after', '2026-03-02T08:00:01.200Z', 'lan'],
    ['that very second', '2026-03-02T08:00:00.300Z', 'lan'],
  ])('a person whose sign-ins are ended in %s their password began to be verified', async (_, ended, person) => {
    let now = new Date('2026-03-02T08:00:00.100Z')
    const setAt = new Date(ended)
    world = await openProviderWorld({
      clock: () => now,
      verifying: async () => {
        await world.needs.notBefore.set('person', person, { at: setAt, reason: 'password', expiresAt: null })
        now = new Date(setAt.getTime() + 600)
      },
    })
    const visitor = newVisitor(world)
    const page = locationOf(await visitor.authorize())?.pathname ?? ''
    const { status, headers } = await visitor.go(`${page}/sign-in`, { person })
    expect([status, headers['set-cookie']]).toEqual([403, undefined])
    expect(world.events).toMatchObject([{ event: 'sign-in.refused', reason: 'ended', subject: 'person:lan' }])
    expect([...world.store.standing().keys()].some((key) => isCode(key) || isSession(key))).toBe(false)
  })

  test('a person who goes back to the relying party needs no standing for that', async () => {
    world = await openProviderWorld({ clients: [sampleClient('club', { first_party: false })] })
    const visitor = newVisitor(world)
    const arrived = await visitor.authorize({ client: 'club' })
    const signedIn = await visitor.go(`${locationOf(arrived)?.pathname}/sign-in`, { person: 'lan' })
    const page = locationOf(await visitor.go(locationOf(signedIn)?.pathname ?? ''))?.pathname ?? ''
    const end = await visitor.go(`${page}/abandon`, {})
    await world.setState('lan', 'suspended')
    const back = locationOf(await visitor.go(locationOf(end)?.pathname ?? ''))
    expect(back?.searchParams.get('error')).toBe('access_denied')
  })
})

describe('what was issued before the moment set is refused', () => {
  const soon = () => new Date(Date.now() + 1)

  test('for a person, who can sign in again at once and goes on as before', async () => {
    const held = await somebody()
    await world.needs.notBefore.set('person', 'lan', { at: soon(), reason: 'password', expiresAt: null })
    await everythingIsRefused(held)
    const again = await held.visitor.redeem(await held.visitor.signIn({ params: offline }))
    expect(again.status).toBe(200)
    expect((await held.visitor.userinfo(again.body['access_token'])).status).toBe(200)
    expect((await held.visitor.refresh(again.body['refresh_token'])).status).toBe(200)
    expect((await held.visitor.refresh(held.tokens['refresh_token'])).body['error']).toBe('invalid_grant')
  })

  test('for one session, and no other of the same person', async () => {
    const held = await somebody()
    const elsewhere = newVisitor(world)
    await elsewhere.signIn()
    const listed = await world.needs.expiring.listed('p:lan')
    expect(listed).toHaveLength(2)
    const { uid = '' } = documentsIn(world.store).find(({ grants }) => grants[0]?.families.length === 1)?.session ?? {}
    expect(listed).toContain(`s:${uid}`)
    await world.needs.notBefore.set('session', uid, { at: soon(), reason: 'lost', expiresAt: null })
    await everythingIsRefused(held)
    expect(locationOf(await elsewhere.authorize())?.searchParams.has('code')).toBe(true)
  })

  test('for one client: its tokens are void, and its next visitor signs in again', async () => {
    const held = await somebody()
    const other = await held.visitor.redeem(
      locationOf(await held.visitor.authorize({ client: 'canteen' }))?.searchParams.get('code') ?? '',
      { client: 'canteen' },
    )
    await world.needs.notBefore.set('client', 'library', { at: soon(), reason: 'leak', expiresAt: null })
    expect((await held.visitor.userinfo(other.body['access_token'])).status).toBe(200)
    await everythingIsRefused(held)
    const again = await held.visitor.redeem(await held.visitor.signIn())
    expect((await held.visitor.userinfo(again.body['access_token'])).status).toBe(200)
  })

  test('for everything, after a restore: whoever it is signs in again', async () => {
    const held = await somebody()
    await world.needs.notBefore.set('everything', ALL, { at: soon(), reason: 'restored', expiresAt: null })
    await everythingIsRefused(held)
    const again = await held.visitor.redeem(await held.visitor.signIn({ params: offline }))
    expect((await held.visitor.userinfo(again.body['access_token'])).status).toBe(200)
  })

  test('also by a refresh that is under way while the moment is set', async () => {
    const held = await somebody()
    const at = new Date(Date.now() - 60_000)
    await world.needs.notBefore.set('person', 'lan', { at, reason: 'password', expiresAt: null })
    // The token itself is younger than the moment; the sign-in behind it is not.
    const authTime = Math.floor(at.getTime() / 1_000) - 10
    editFamilies(world.store, ({ payload }) => ({ payload: { ...payload, authTime } }))
    expect((await held.visitor.refresh(held.tokens['refresh_token'])).body['error']).toBe('invalid_grant')
  })

  test('also after the store of what expires was rolled back', async () => {
    const held = await somebody()
    const before = world.store.standing()
    await world.needs.notBefore.set('person', 'lan', { at: soon(), reason: 'staff', expiresAt: null })
    world.store.wipe()
    for (const [key, value] of before) await world.needs.expiring.put(key, value, { seconds: 600 })
    await everythingIsRefused(held)
  })
})

describe('the gate', () => {
  test('is asked once in a request, however many records it saves', async () => {
    const { visitor, code } = await somebody()
    const { notBefore } = world.needs
    const asked: unknown[] = []
    const { standing } = notBefore
    notBefore.standing = (party) => {
      asked.push(party)
      return standing(party)
    }
    expect((await visitor.redeem(code)).status).toBe(200)
    expect(asked).toEqual([{ personId: 'lan', clientId: 'library', sessionUid: expect.any(String) }])
  })
})
