import { afterEach, describe, expect, test } from '@jest/globals'
import { ALL } from '../../src/gate/gate.ts'
import type { PersonState } from '../../src/people/people.ts'
import { ask, GRADES, openAskingWorld, ownToken, personsTokens } from '../support/asking-world.ts'
import { sampleClient, sampleService } from '../support/memory-desk.ts'
import type { ProviderWorld } from '../support/provider-world.ts'
import { ageAccessTokens } from '../support/session-documents.ts'

let world: ProviderWorld
afterEach(() => world.close())

describe('a token is not active any more', () => {
  /** One of each kind. */
  async function held() {
    const opened = await openAskingWorld()
    world = opened.world
    const { visitor } = opened
    const [own, { token: persons }] = [await ownToken(visitor), await personsTokens(visitor)]
    const are = async () => [(await ask(visitor, own)).body['active'], (await ask(visitor, persons)).body['active']]
    expect(await are()).toEqual([true, true])
    return { visitor, own, persons, are }
  }

  test.each<PersonState>(['suspended', 'closed', 'pending'])('of a person who is %s', async (state) => {
    const { are } = await held()
    await world.setState('lan', state)
    expect(await are()).toEqual([true, false])
  })

  test('of a person whose last identity has expired', async () => {
    const { are } = await held()
    const person = await world.needs.people.find('lan')
    for (const identity of person?.identities ?? []) identity.validTo = new Date(Date.now() - 1)
    expect(await are()).toEqual([true, false])
  })

  test('of a client that was disabled', async () => {
    const { are } = await held()
    await world.needs.clients.disable('timetable', new Date())
    expect(await are()).toEqual([false, true])
    await world.needs.clients.disable('library', new Date())
    expect(await are()).toEqual([false, false])
  })

  test('after the session was signed out', async () => {
    const { visitor, are } = await held()
    const { action, xsrf } = JSON.parse((await visitor.go('/session/end')).body)
    await visitor.go(action, { xsrf, logout: 'yes' })
    expect(await are()).toEqual([true, false])
  })

  test('after it was revoked by its holder', async () => {
    const { visitor, own, persons, are } = await held()
    await visitor.machine('/token/revocation', { token: own }, 'timetable')
    await visitor.machine('/token/revocation', { token: persons }, 'library')
    expect(await are()).toEqual([false, false])
  })

  test.each([
    ['the person', 'person', 'lan', [true, false]],
    ['its client', 'client', 'timetable', [false, true]],
    ['everything', 'everything', ALL, [false, false]],
  ] as const)('after a moment was set for %s', async (_whom, kind, id, expected) => {
    const { are } = await held()
    const at = new Date(Date.now() + 2_000)
    await world.needs.notBefore.set(kind, id, { at, reason: 'leak', expiresAt: null })
    expect(await are()).toEqual(expected)
  })

  test('after it has expired', async () => {
    const { are } = await held()
    world.store.edit('oidc:client-credentials:', (record) => {
      record['exp'] = Math.floor(Date.now() / 1_000) - 1
    })
    ageAccessTokens(world.store, 3_601)
    expect(await are()).toEqual([false, false])
  })

  test('after its client lost the resource server, and can do only what it is still registered for', async () => {
    const { visitor, persons, are } = await held()
    await world.needs.clients.put(sampleService('timetable', []))
    const less = [{ identifier: GRADES, scopes: ['grades:read'] }]
    await world.needs.clients.put(sampleClient('library', { resources: less }))
    expect(await are()).toEqual([false, true])
    expect((await ask(visitor, persons)).body['scope']).toBe('grades:read')
  })

  test('after the resource server was disabled', async () => {
    const { are } = await held()
    await world.needs.resourceServers.disable(GRADES, new Date())
    expect(await are()).toEqual([false, false])
  })

  test('where a store is down: 503, and no answer at all', async () => {
    const { visitor, own, persons, are } = await held()
    world.store.breakDown('before')
    for (const token of [own, persons]) expect((await ask(visitor, token)).status).toBe(503)
    world.store.repair()
    expect(await are()).toEqual([true, true])
    const gone = Object.assign(new Error('gone'), { unavailable: 'postgres', retryAfterSeconds: 7 })
    Object.assign(world.needs.notBefore, { standing: () => Promise.reject(gone) })
    for (const token of [own, persons]) {
      const { status, body, raw } = await ask(visitor, token)
      expect([status, body['active'], raw.headers['retry-after']]).toEqual([503, undefined, '7'])
    }
  })
})
