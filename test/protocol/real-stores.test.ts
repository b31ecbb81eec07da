/** What the stores in memory stand for in the other tests, once more on the real ones. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { storesOn } from '../../adapters/postgres/stores.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { claimsIn, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld, samplePerson } from '../support/provider-world.ts'
import { embeddedAlone, postgresAndRedis, type RealStores } from '../support/real-world.ts'

describe.each([
  ['PostgreSQL and Redis', postgresAndRedis],
  ['PGlite alone', embeddedAlone],
])('on %s', (_kind, openStores) => {
  const lan = randomUUID()
  const sign = { person: lan }
  let stores: RealStores
  let world: ProviderWorld

  beforeAll(async () => {
    stores = await openStores()
    const needs = { ...storesOn(stores.database), expiring: stores.expiring }
    const person = samplePerson(lan, '202407010101')
    const identities = person.identities.map((identity) => ({ ...identity, id: randomUUID() }))
    await needs.people.create({ ...person, identities, aliases: [] })
    const app = sampleClient('app', { token_endpoint_auth_method: 'none' })
    const clients = [
      sampleClient('library'),
      sampleClient('canteen'),
      sampleClient('club', { first_party: false }),
      app,
    ]
    for (const client of clients) await needs.clients.put(client)
    world = await openProviderWorld({ needs, keys: needs.keys })
  }, 60_000)

  afterAll(async () => {
    await world.close()
    await stores.close()
  })

  const codeIn = (answer: Parameters<typeof locationOf>[0]) => locationOf(answer)?.searchParams.get('code') ?? ''

  async function signedIn(): Promise<Visitor> {
    const visitor = newVisitor(world)
    await visitor.signIn({}, sign)
    return visitor
  }

  test('a person signs in, is known to every relying party by another name, and learns of consent once', async () => {
    const visitor = await signedIn()
    const { body } = await visitor.redeem(codeIn(await visitor.authorize()))
    expect((await visitor.userinfo(body['access_token'])).body).toMatchObject({ campus_id: '202407010101' })
    const club = await visitor.redeem(await visitor.signIn({ client: 'club' }), { client: 'club' })
    expect(claimsIn(club.body['id_token'])['sub']).not.toBe(claimsIn(body['id_token'])['sub'])
    expect(codeIn(await visitor.authorize({ client: 'club' }))).not.toBe('')
  })

  test('of eight redemptions of a code at once wins one', async () => {
    const visitor = await signedIn()
    const code = codeIn(await visitor.authorize())
    const answers = await Promise.all(Array.from({ length: 8 }, () => visitor.redeem(code)))
    const winners = answers.filter(({ status }) => status === 200)
    expect([winners.length, answers.filter(({ body }) => body['error'] === 'invalid_grant').length]).toEqual([1, 7])
    expect((await visitor.userinfo(winners[0]?.body['access_token'])).status).toBe(200)
  })

  test('of eight ways back at once with one cookie goes on one', async () => {
    const before = await world.needs.expiring.listed(`p:${lan}`)
    const visitor = newVisitor(world)
    const page = locationOf(await visitor.authorize())?.pathname ?? ''
    const resume = locationOf(await visitor.go(`${page}/sign-in`, sign))?.pathname ?? ''
    const answers = await Promise.all(Array.from({ length: 8 }, () => visitor.go(resume)))
    expect(answers.filter((answer) => codeIn(answer) !== '')).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(7)
    expect(await world.needs.expiring.listed(`p:${lan}`)).toHaveLength(before.length + 1)
  })

  test('of eight uses of a refresh token at once wins one, and its family lives on', async () => {
    const visitor = newVisitor(world)
    const params = { scope: 'openid offline_access', prompt: 'consent' }
    const { body } = await visitor.redeem(await visitor.signIn({ client: 'app', params }, sign), { client: 'app' })
    const answers = await Promise.all(Array.from({ length: 8 }, () => visitor.refresh(body['refresh_token'], 'app')))
    const winners = answers.filter(({ status }) => status === 200)
    expect(winners).toHaveLength(1)
    expect((await visitor.refresh(winners[0]?.body['refresh_token'], 'app')).status).toBe(200)
  })

  test('three relying parties and five tabs open in one session at once, and all succeed', async () => {
    const visitor = await signedIn()
    const opened = ['library', 'canteen', 'canteen', 'club', 'canteen', 'library', 'canteen', 'canteen']
    const answers = await Promise.all(opened.map((client) => visitor.authorize({ client })))
    const redeemed = await Promise.all(
      answers.map((answer, at) => visitor.redeem(codeIn(answer), { client: opened[at] ?? '' })),
    )
    expect(redeemed.map(({ status }) => status)).toEqual(opened.map(() => 200))
  })

  test('a person who is ended is refused everywhere, and can come back', async () => {
    const visitor = await signedIn()
    const { body } = await visitor.redeem(codeIn(await visitor.authorize()))
    await world.needs.notBefore.set('person', lan, { at: new Date(), reason: 'test', expiresAt: null })
    expect((await visitor.userinfo(body['access_token'])).status).toBe(401)
    const silent = await visitor.authorize({ params: { prompt: 'none' } })
    expect(locationOf(silent)?.searchParams.get('error')).toBe('login_required')
    const again = await visitor.redeem(await visitor.signIn({}, sign))
    expect((await visitor.userinfo(again.body['access_token'])).status).toBe(200)
  })

  test('a session can be found by its person, and is gone after the sign-out', async () => {
    const before = await world.needs.expiring.listed(`p:${lan}`)
    const visitor = await signedIn()
    expect((await world.needs.expiring.listed(`p:${lan}`)).length).toBe(before.length + 1)
    const page = JSON.parse((await visitor.go('/session/end')).body)
    await visitor.go(page.action, { xsrf: page.xsrf, logout: 'yes' })
    expect(await world.needs.expiring.listed(`p:${lan}`)).toEqual(before)
    expect(codeIn(await visitor.authorize())).toBe('')
  })

  test('the keys that sign are kept', async () => {
    const { keys } = JSON.parse((await world.house.send('/jwks')).body)
    const stored = (await storesOn(stores.database).keys.list()).filter(({ publicJwk }) => publicJwk !== null)
    expect(stored.map(({ id }) => id).toSorted()).toEqual(keys.map(({ kid }: { kid: string }) => kid).toSorted())
  })
})
