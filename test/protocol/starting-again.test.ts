/** Whoever comes back to a visit that is over begins again where they were going. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { newVisitor } from '../support/provider-visitor.ts'
import type { ProviderWorld } from '../support/provider-world.ts'
import { addressOf, arriveAtVisit, codeIn, partyOf, stepOf } from '../support/visits-over.ts'

let world: ProviderWorld
afterEach(() => world.close())

async function arrive(params?: Record<string, string>) {
  const arrived = await arriveAtVisit(params)
  world = arrived.world
  return arrived
}

const LIBRARY = ['https://library.school.example', 'opaque-state']

describe('a visit that is over begins again', () => {
  test('after it expired: the page and the form lead to a new page, and on to the relying party', async () => {
    for (const form of [undefined, { person: 'lan' }]) {
      const { visitor, page, expire } = await arrive()
      expire()
      const again = await visitor.go(form ? stepOf(page, 'sign-in') : page, form)
      expect([again.status, addressOf(again)]).toEqual([303, expect.stringMatching(/^\/auth\?client_id=library&/)])
      const fresh = await visitor.go(addressOf(again))
      expect(addressOf(fresh).split('?')[0]).not.toBe(page.split('?')[0])
      const end = await visitor.finish(fresh)
      expect(codeIn(end)).toBeTruthy()
      expect(partyOf(end)).toEqual(LIBRARY)
      if (!form) await world.close()
    }
  })

  test('after it was finished in another tab: the session that stands leads on at once', async () => {
    const { visitor, page, expire } = await arrive()
    await visitor.signIn()
    const other = await visitor.signIn({ client: 'plain' })
    expect(other).toBeTruthy()
    expire()
    const again = await visitor.go(page)
    const end = await visitor.go(addressOf(again))
    expect([codeIn(end), partyOf(end)]).toEqual([expect.any(String), LIBRARY])
  })

  test('in five tabs at once, each with its own relying party and state', async () => {
    const { visitor, expire } = await arrive()
    const tabs = []
    for (const [index, client] of ['library', 'club', 'plain', 'library', 'club'].entries()) {
      tabs.push({
        client,
        state: `tab-${index}`,
        page: addressOf(await visitor.authorize({ client, params: { state: `tab-${index}` } })),
      })
    }
    expire()
    for (const { client, state, page } of tabs) {
      const end = await visitor.finish(await visitor.go(stepOf(page, 'sign-in'), { person: 'lan' }))
      expect(partyOf(end)).toEqual([`https://${client}.school.example`, state])
      expect(codeIn(end)).toBeTruthy()
    }
  })

  test('at the second of two clicks that came after the code was issued, and ends with a code of its own', async () => {
    const { visitor, page } = await arrive()
    const first = await visitor.finish(await visitor.go(stepOf(page, 'sign-in'), { person: 'lan' }))
    const second = await visitor.finish(await visitor.go(stepOf(page, 'sign-in'), { person: 'lan' }))
    expect(codeIn(first)).toBeTruthy()
    expect(codeIn(second)).toBeTruthy()
    expect(codeIn(second)).not.toBe(codeIn(first))
    expect((await visitor.redeem(codeIn(second) ?? '')).status).toBe(200)
  })

  test('on the way back of a double click, where another request has gone on with it', async () => {
    const { visitor, page } = await arrive()
    const ends = []
    for (let clicks = 0; clicks < 2; clicks++)
      ends.push(addressOf(await visitor.go(stepOf(page, 'sign-in'), { person: 'lan' })))
    const cookies = new Map(visitor.cookies)
    expect(codeIn(await visitor.go(ends[0] ?? ''))).toBeTruthy()
    // The browser that gave the first navigation up has the cookies of before, or those of after.
    const after = new Map(visitor.cookies)
    for (const held of [after, cookies]) {
      visitor.cookies.clear()
      for (const [key, cookie] of held) visitor.cookies.set(key, cookie)
      const again = await visitor.go(ends[1] ?? '')
      expect([again.status, addressOf(again)]).toEqual([303, expect.stringMatching(/^\/auth\?client_id=library&/)])
    }
  })

  test('without its cookies, and in the browser of somebody else, as a visit of theirs', async () => {
    const { visitor, page } = await arrive()
    visitor.cookies.clear()
    for (const browser of [visitor, newVisitor(world)]) {
      const end = await browser.finish(await browser.go(page))
      expect([codeIn(end), partyOf(end)]).toEqual([expect.any(String), LIBRARY])
    }
    // What was begun first is still where it was, and nobody got in by it.
    expect(world.events.filter(({ event }) => event === 'sign-in.completed')).toHaveLength(2)
  })

  test('at the consent page, with the request of the first step', async () => {
    const { visitor, expire } = await arrive()
    const page = addressOf(await visitor.authorize({ client: 'club' }))
    const resumed = await visitor.go(addressOf(await visitor.go(stepOf(page, 'sign-in'), { person: 'lan' })))
    const consent = addressOf(resumed)
    expect(consent.split('?')[1]).toBe(page.split('?')[1])
    expire()
    const again = await visitor.go(stepOf(consent, 'consent'), {})
    expect(addressOf(again)).toContain('client_id=club')
    expect(codeIn(await visitor.finish(again))).toBeTruthy()
  })

  test('with exactly what the address of the request said', async () => {
    const { visitor, expire } = await arrive()
    const address = visitor.authorizationAddress({ params: { state: 'a b&c=d+%', ui_locales: 'en', max_age: '600' } })
    const page = addressOf(await visitor.go(address))
    expire()
    expect(addressOf(await visitor.go(page))).toBe(`${address}&again=1`)
  })

  test('counts how', async () => {
    const { visitor, page, expire } = await arrive()
    expire()
    await visitor.go(page)
    expect(world.metrics.total('campus_visits_over_total', { way: 'again' })).toBe(1)
  })
})
