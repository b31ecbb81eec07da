/** Whether a person who is signed in goes on, or somebody else does; and that nothing of the one reaches the other. */
import { afterEach, describe, expect, test } from '@jest/globals'
import type { ClientMetadata } from '../../src/clients/clients.ts'
import type { Answer } from '../support/house.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { claimsIn, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { documentsIn, editSessions } from '../support/session-documents.ts'

let world: ProviderWorld
afterEach(() => world.close())

async function open(changes: Partial<ClientMetadata> = {}): Promise<Visitor> {
  world = await openProviderWorld({ clients: [sampleClient('library', changes)] })
  return newVisitor(world)
}

const pathOf = (answer: Answer) => locationOf(answer)?.pathname ?? ''
const errorOf = (answer: Answer) => locationOf(answer)?.searchParams.get('error')
const codeOf = (answer: Answer) => locationOf(answer)?.searchParams.get('code') ?? ''

describe('the choice of an account (prompt=select_account)', () => {
  const select = { prompt: 'select_account' }

  test('is asked of whoever is signed in, and going on changes nothing', async () => {
    const visitor = await open()
    const first = claimsIn((await visitor.redeem(await visitor.signIn())).body['id_token'])
    const page = pathOf(await visitor.authorize({ params: select }))
    expect((await visitor.visit(page)).prompt).toEqual({ name: 'account', reasons: ['select_account_prompt'] })
    const resumed = await visitor.go(locationOf(await visitor.go(`${page}/account`, { account: 'same' }))?.href ?? '')
    const second = claimsIn((await visitor.redeem(codeOf(resumed))).body['id_token'])
    expect([second['sub'], second['auth_time']]).toEqual([first['sub'], first['auth_time']])
  })

  test('is the sign-in page for whoever is not, and is asked once', async () => {
    const visitor = await open()
    const arrived = await visitor.authorize({ params: select })
    expect((await visitor.visit(pathOf(arrived))).prompt).toEqual({ name: 'login', reasons: ['no_session'] })
    expect(codeOf(await visitor.finish(arrived))).not.toBe('')
  })

  test('without a page is an error', async () => {
    const visitor = await open()
    await visitor.signIn()
    expect(errorOf(await visitor.authorize({ params: { prompt: 'none select_account' } }))).toBe('invalid_request')
  })

  test('for another account begins a session in which nothing of the first is left', async () => {
    const visitor = await open()
    const before = await visitor.redeem(await visitor.signIn())
    const cookie = visitor.cookies.get('campus_session /')?.value
    const page = pathOf(await visitor.authorize({ params: select }))
    const signIn = pathOf(
      await visitor.go(locationOf(await visitor.go(`${page}/account`, { account: 'other' }))?.href ?? ''),
    )
    expect((await visitor.visit(signIn)).prompt).toEqual({ name: 'login', reasons: ['other_account'] })
    const resumed = await visitor.go(locationOf(await visitor.go(`${signIn}/sign-in`, { person: 'mei' }))?.href ?? '')
    const between = JSON.parse(resumed.body)
    expect(between.page).toBe('switch')
    // Whoever takes the other's session back at this point is still the other, and nobody else.
    const left = await visitor.go('/session/end/confirm', { xsrf: between.xsrf, logout: 'yes' })
    const after = await visitor.redeem(codeOf(await visitor.finish(left)))
    expect((await visitor.userinfo(after.body['access_token'])).body).toMatchObject({ campus_id: '202407010102' })
    expect(claimsIn(after.body['id_token'])['sub']).not.toBe(claimsIn(before.body['id_token'])['sub'])
    expect((await visitor.userinfo(before.body['access_token'])).status).toBe(401)
    expect(visitor.cookies.get('campus_session /')?.value).not.toBe(cookie)
    expect(JSON.stringify(documentsIn(world.store))).not.toContain('"lan"')
  })

  test('for another account may end with the same one', async () => {
    const visitor = await open()
    await visitor.signIn()
    const page = pathOf(await visitor.authorize({ params: select }))
    const other = await visitor.go(locationOf(await visitor.go(`${page}/account`, { account: 'other' }))?.href ?? '')
    expect(codeOf(await visitor.finish(other, { person: 'lan' }))).not.toBe('')
  })

  test('is answered in the browser that holds the session alone', async () => {
    const visitor = await open()
    await visitor.signIn()
    const page = pathOf(await visitor.authorize({ params: select }))
    visitor.cookies.delete('campus_session /')
    for (const account of ['same', 'other']) expect((await visitor.go(`${page}/account`, { account })).status).toBe(400)
  })
})

test('what a first person answered on the way is not the answer of a second', async () => {
  const redirectUri = 'edu.school.club:/callback'
  const app = { application_type: 'native' as const, redirect_uris: [redirectUri], first_party: false }
  const visitor = await open(app)
  await world.needs.consents.allow('mei', 'library', { scopes: ['openid', 'profile', 'campus_basic'], claims: [] })
  await visitor.signIn({ redirectUri })
  const page = pathOf(await visitor.authorize({ redirectUri }))
  const allowed = locationOf(await visitor.go(`${page}/consent`, {}))?.href ?? ''
  // Too old by the time that the first one comes back, so that somebody signs in once more.
  editSessions(world.store, ({ loginTs = 0 }) => ({ loginTs: loginTs - 8 * 24 * 3_600 }))
  const again = pathOf(await visitor.go(allowed))
  const resumed = await visitor.go(locationOf(await visitor.go(`${again}/sign-in`, { person: 'mei' }))?.href ?? '')
  const { xsrf } = JSON.parse(resumed.body)
  const left = locationOf(await visitor.go('/session/end/confirm', { xsrf, logout: 'yes' }))?.href ?? ''
  const next = pathOf(await visitor.go(left))
  expect((await visitor.visit(next)).prompt.name).toBe('consent')
})
