/** Under which identity (学工号) an application knows a person who has several. */
import { afterEach, describe, expect, test } from '@jest/globals'
import type { ClientMetadata } from '../../src/clients/clients.ts'
import type { Identity } from '../../src/people/people.ts'
import type { Answer } from '../support/house.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
afterEach(() => world.close())

const STUDY = 'lan-1'
const WORK = 'lan-2'

async function open(changes: Partial<ClientMetadata> = {}): Promise<Visitor> {
  world = await openProviderWorld({ clients: [sampleClient('library', changes), sampleClient('portal')] })
  return newVisitor(world)
}

/** Lan studies and works. */
async function employ(changes: Partial<Identity> = {}): Promise<Identity> {
  const lan = await world.needs.people.find('lan')
  const [study] = lan?.identities ?? []
  if (!lan || !study) throw new Error('nobody')
  const work = { ...study, id: WORK, number: 'B100234', type: 'staff', isPrimary: false, ...changes }
  lan.identities.push(work)
  return work
}

const pathOf = (answer: Answer) => locationOf(answer)?.pathname ?? ''
const errorOf = (answer: Answer) => locationOf(answer)?.searchParams.get('error')
const codeOf = (answer: Answer) => locationOf(answer)?.searchParams.get('code') ?? ''

/** Signs in, and stops at the page that comes next; where nothing is asked, answers where the browser was sent. */
async function arrive(visitor: Visitor, params: Record<string, string> = {}, client = 'library'): Promise<Answer> {
  const arrived = await visitor.authorize({ client, params })
  if (!pathOf(arrived).startsWith('/interaction/')) return arrived
  const page = pathOf(arrived)
  if ((await visitor.visit(page)).prompt.name !== 'login') return arrived
  return await visitor.go(locationOf(await visitor.go(`${page}/sign-in`, { person: 'lan' }))?.href ?? '')
}

/** Chooses on the page, and goes on. */
async function choose(visitor: Visitor, page: string, identity: string): Promise<Answer> {
  return await visitor.go(locationOf(await visitor.go(`${page}/identity`, { identity }))?.href ?? '')
}

async function numberOf(visitor: Visitor, answer: Answer): Promise<unknown> {
  const { body } = await visitor.redeem(codeOf(answer))
  return (await visitor.userinfo(body['access_token'])).body['campus_id']
}

describe('a client that wants one identity (choose_identity)', () => {
  test('is told of the chosen one, which is remembered for it in the session', async () => {
    const visitor = await open({ choose_identity: true })
    await employ()
    const page = pathOf(await arrive(visitor))
    expect((await visitor.visit(page)).prompt).toEqual({ name: 'identity', reasons: ['identity_open'] })
    expect(await numberOf(visitor, await choose(visitor, page, WORK))).toBe('B100234')
    expect(await numberOf(visitor, await visitor.authorize())).toBe('B100234')
    expect(world.events.find(({ event }) => event === 'identity.chosen')).toMatchObject({
      ...{ subject: 'person:lan', client: 'library', result: 'success' },
      details: { identity: WORK, type: 'staff' },
    })
    expect(JSON.stringify(world.events)).not.toContain('B100234')
  })

  test('is not told of it in the place of another client', async () => {
    const visitor = await open({ choose_identity: true })
    await employ()
    await choose(visitor, pathOf(await arrive(visitor)), WORK)
    const elsewhere = await visitor.redeem(codeOf(await visitor.authorize({ client: 'portal' })), { client: 'portal' })
    expect((await visitor.userinfo(elsewhere.body['access_token'])).body['campus_id']).toBe('202407010101')
  })

  test('asks anew in the next session, and may ask anew in this one', async () => {
    const visitor = await open({ choose_identity: true })
    await employ()
    await choose(visitor, pathOf(await arrive(visitor)), WORK)
    const again = pathOf(await arrive(visitor, { prompt: 'select_identity' }))
    expect(await numberOf(visitor, await choose(visitor, again, STUDY))).toBe('202407010101')
    expect(await numberOf(visitor, await visitor.authorize())).toBe('202407010101')
    world.store.wipe()
    const elsewhere = newVisitor(world)
    expect((await elsewhere.visit(pathOf(await arrive(elsewhere)))).prompt.name).toBe('identity')
  })

  test('asks nobody who has one identity, or one that is valid', async () => {
    const visitor = await open({ choose_identity: true })
    expect(await numberOf(visitor, await arrive(visitor))).toBe('202407010101')
    await employ({ validTo: new Date(Date.now() - 1_000) })
    expect(await numberOf(visitor, await arrive(visitor, { prompt: 'select_identity' }))).toBe('202407010101')
  })

  test('without a page is refused, and then with the choice made is not', async () => {
    const visitor = await open({ choose_identity: true })
    await employ()
    const page = pathOf(await arrive(visitor))
    expect(errorOf(await visitor.authorize({ params: { prompt: 'none' } }))).toBe('account_selection_required')
    await choose(visitor, page, WORK)
    expect(codeOf(await visitor.authorize({ params: { prompt: 'none' } }))).not.toBe('')
  })

  test('is told of no other identity when the chosen one ends, until somebody has chosen again', async () => {
    const visitor = await open({ choose_identity: true })
    const work = await employ()
    await employ({ id: 'lan-3', number: 'V300' })
    const chosen = await choose(visitor, pathOf(await arrive(visitor)), WORK)
    const { body } = await visitor.redeem(codeOf(chosen))
    work.validTo = new Date(Date.now() - 1_000)
    const after = (await visitor.userinfo(body['access_token'])).body
    expect([after['name'], after['campus_id']]).toEqual(['吴兰', undefined])
    const page = pathOf(await visitor.authorize())
    expect(JSON.parse((await visitor.go(`${page}/choices`)).body)).toEqual([STUDY, 'lan-3'])
    expect(await numberOf(visitor, await choose(visitor, page, 'lan-3'))).toBe('V300')
  })
})

describe('the choice of an identity', () => {
  test('may be asked for by a request (prompt=select_identity), of any client', async () => {
    const visitor = await open()
    await employ()
    expect(await numberOf(visitor, await arrive(visitor))).toBe('202407010101')
    const page = pathOf(await arrive(visitor, { prompt: 'select_identity' }))
    expect(await numberOf(visitor, await choose(visitor, page, WORK))).toBe('B100234')
  })

  test('holds for a token as long as it lives, also when it is renewed', async () => {
    const visitor = await open({ choose_identity: true })
    await employ()
    const offline = { scope: 'openid campus_basic offline_access', prompt: 'consent' }
    const page = pathOf(await arrive(visitor, offline))
    const { body } = await visitor.redeem(codeOf(await choose(visitor, page, WORK)))
    const again = pathOf(await arrive(visitor, { prompt: 'select_identity' }))
    await choose(visitor, again, STUDY)
    const renewed = await visitor.refresh(body['refresh_token'])
    for (const token of [body, renewed.body])
      expect((await visitor.userinfo(token['access_token'])).body['campus_id']).toBe('B100234')
  })

  test('takes nothing that is not offered: of somebody else, ended, made up', async () => {
    const visitor = await open({ choose_identity: true })
    const work = await employ()
    const page = pathOf(await arrive(visitor))
    work.validTo = new Date(Date.now() - 1_000)
    await employ({ id: 'lan-3', number: 'V300' })
    for (const identity of ['mei-1', WORK, '', '__proto__'])
      expect((await visitor.go(`${page}/identity`, { identity })).status).toBe(422)
    expect(await numberOf(visitor, await choose(visitor, page, 'lan-3'))).toBe('V300')
  })

  test('is made once: a double click goes on, another answer does not', async () => {
    const visitor = await open({ choose_identity: true })
    await employ()
    const page = pathOf(await arrive(visitor))
    const pressed = await Promise.all([STUDY, WORK].map((identity) => visitor.go(`${page}/identity`, { identity })))
    expect(pressed.map(({ status }) => status).toSorted()).toEqual([303, 409])
    const won = pressed[0]?.status === 303 ? STUDY : WORK
    expect((await visitor.go(`${page}/identity`, { identity: won })).status).toBe(303)
    expect(world.events.filter(({ event }) => event === 'identity.chosen')).toHaveLength(1)
  })

  test('is made by nobody who does not hold the session, nor after a suspension', async () => {
    const visitor = await open({ choose_identity: true })
    await employ()
    const page = pathOf(await arrive(visitor))
    const session = visitor.cookies.get('campus_session /')
    visitor.cookies.delete('campus_session /')
    expect((await visitor.go(`${page}/identity`, { identity: WORK })).status).toBe(400)
    expect((await visitor.go(`${page}/choices`)).status).toBe(400)
    if (session) visitor.cookies.set('campus_session /', session)
    await world.setState('lan', 'suspended')
    expect((await visitor.go(`${page}/identity`, { identity: WORK })).status).toBe(403)
  })

  test('comes before consent, and is the same step for nobody', async () => {
    const visitor = await open({ choose_identity: true, first_party: false })
    await employ()
    const page = pathOf(await arrive(visitor))
    expect((await visitor.go(`${page}/consent`, {})).status).toBe(409)
    expect((await visitor.go(`${page}/account`, { account: 'same' })).status).toBe(409)
    const next = await choose(visitor, page, WORK)
    expect((await visitor.visit(pathOf(next))).prompt.name).toBe('consent')
    const allowed = await visitor.go(locationOf(await visitor.go(`${pathOf(next)}/consent`, {}))?.href ?? '')
    expect(await numberOf(visitor, allowed)).toBe('B100234')
  })
})
