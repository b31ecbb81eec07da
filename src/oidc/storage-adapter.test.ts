import { beforeEach, describe, expect, test } from '@jest/globals'
import { memoryClients, memoryGate, memoryRegistrationTokens, sampleClient } from '../../test/support/memory-desk.ts'
import { type MemoryExpiring, memoryExpiring } from '../../test/support/memory-expiring.ts'
import { memoryAudit, memoryPeople } from '../../test/support/memory-stores.ts'
import { random, samplePerson } from '../../test/support/provider-world.ts'
import { sampleConfig } from '../../test/support/sample-config.ts'
import { memoryChanges, sampleKeyrings } from '../../test/support/sample-keyrings.ts'
import type { NotBeforeStore } from '../gate/gate.ts'
import type { PeopleStore } from '../people/people.ts'
import { createRequestScope } from './request-scope.ts'
import { createStorage, type Storage } from './storage-adapter.ts'
import { createShield } from './unavailable.ts'

let store: MemoryExpiring
let people: PeopleStore
let notBefore: NotBeforeStore
let storage: Storage

beforeEach(() => {
  const clock = () => new Date()
  store = memoryExpiring(clock)
  people = memoryPeople([samplePerson('lan', '202407010101')])
  const clients = memoryClients([sampleClient('library')])
  notBefore = memoryGate(people, clients)
  const scope = createRequestScope()
  const keyrings = sampleKeyrings()
  const { audit } = memoryAudit()
  const stores = { expiring: store.expiring, clients, notBefore, audit }
  const needs = {
    ...{ config: sampleConfig(), keyrings, clock, random, ...stores },
    ...{ changes: memoryChanges(), registeredClients: clients, registrationTokens: memoryRegistrationTokens() },
    transaction: () => Promise.reject(new Error('nothing is registered here')),
  }
  storage = createStorage(needs, scope, createShield(scope))
})

const now = () => Math.floor(Date.now() / 1_000)
const token = (changes = {}) => ({
  accountId: 'lan',
  clientId: 'library',
  authTime: now(),
  exp: now() + 60,
  ...changes,
})

const models = ['Session', 'AuthorizationCode', 'AccessToken', 'RefreshToken', 'ClientCredentials', 'DeviceCode']

describe('a record that gives access', () => {
  test.each([...models, 'SomethingThatALaterVersionKeeps'])(
    '%s is not saved for a person who lost their standing',
    async (model) => {
      const person = await people.find('lan')
      if (person) person.state = 'suspended'
      const record = { kind: model, ...token(), uid: 'u', loginTs: now() }
      await expect(storage.adapter(model).upsert('id', record, 60)).rejects.toMatchObject({ error: 'access_denied' })
      expect(store.standing().size).toBe(0)
    },
  )

  test.each([...models, 'SomethingThatALaterVersionKeeps'])(
    '%s is not saved when the gate cannot be asked',
    async (model) => {
      notBefore.standing = () =>
        Promise.reject(Object.assign(new Error('down'), { unavailable: 'postgres', retryAfterSeconds: 5 }))
      const record = { kind: model, ...token(), uid: 'u', loginTs: now() }
      const saved = storage.adapter(model).upsert('id', record, 60)
      await expect(saved).rejects.toMatchObject({ error: 'temporarily_unavailable', status: 503, retryAfterSeconds: 5 })
      expect(store.standing().size).toBe(0)
    },
  )

  test('is as old as the sign-in and the grant that it rests on', async () => {
    await storage.adapter('Grant').upsert('g', { kind: 'Grant', iat: now() - 100, accountId: 'lan' }, 600)
    await notBefore.set('person', 'lan', { at: new Date(Date.now() - 50_000), reason: 'x', expiresAt: null })
    const save = (record: object) => storage.adapter('AccessToken').upsert('t', { kind: 'AccessToken', ...record }, 60)
    await expect(save(token({ grantId: 'g' }))).rejects.toMatchObject({ error: 'access_denied' })
    await expect(save(token({ authTime: now() - 100 }))).rejects.toMatchObject({ error: 'access_denied' })
    await save(token())
  })
})

describe('a record', () => {
  test('is found only as what it was saved as', async () => {
    await storage.adapter('AuthorizationCode').upsert('id', { kind: 'AuthorizationCode', ...token() }, 60)
    const [[key = '', raw = ''] = []] = store.standing()
    await store.expiring.put(key.replace('authorization-code', 'device-code'), raw, { seconds: 60 })
    expect(await storage.adapter('AuthorizationCode').find('id')).toMatchObject({ jti: 'id', accountId: 'lan' })
    expect(await storage.adapter('DeviceCode').find('id')).toBeUndefined()
    expect(raw).not.toContain('"id"')
  })

  test.each([
    ['AccessToken', 44],
    ['ClientCredentials', 45],
    ['RefreshToken', 43],
  ])('of the kind %s is not looked for under the name of another kind', async (model, length) => {
    for (const characters of [43, 44, 45]) await storage.adapter(model).find('x'.repeat(characters))
    expect(store.calls).toHaveLength(1)
    await storage.adapter(model).upsert('x'.repeat(length), { kind: model, ...token() }, 60)
    expect(await storage.adapter(model).find('x'.repeat(length))).toMatchObject({ accountId: 'lan' })
  })

  test('is handed out fresh each time: what the library changes in it changes nothing here', async () => {
    await storage.adapter('Grant').upsert('g', { kind: 'Grant', accountId: 'lan' }, 60)
    const once = await storage.adapter('Grant').find('g')
    if (once) once.accountId = 'mei'
    expect(await storage.adapter('Grant').find('g')).toMatchObject({ accountId: 'lan' })
  })

  test('needs an end', async () => {
    await expect(storage.adapter('Grant').upsert('g', { kind: 'Grant' })).rejects.toThrow('without an end')
  })
})

describe('what may be used once', () => {
  test.each(['AuthorizationCode', 'RefreshToken', 'DeviceCode', 'PushedAuthorizationRequest'])(
    '%s is consumed by one of fifty',
    async (model) => {
      const adapter = storage.adapter(model)
      const id = 'x'.repeat(43)
      await adapter.upsert(id, { kind: model, ...token() }, 60)
      const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => adapter.consume(id)))
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await adapter.find(id)).toMatchObject({ consumed: expect.any(Number) })
    },
  )

  test('and keeps the end that it had', async () => {
    const adapter = storage.adapter('AuthorizationCode')
    await adapter.upsert('id', { kind: 'AuthorizationCode', ...token() }, 60)
    await adapter.consume('id')
    const swaps = store.calls.filter(({ operation }) => operation === 'swap')
    expect(swaps).toHaveLength(1)
    expect(store.standing().size).toBe(1)
  })

  test('cannot be consumed when it is gone', async () => {
    await expect(storage.adapter('AuthorizationCode').consume('id')).rejects.toMatchObject({ error: 'invalid_grant' })
    const pushed = storage.adapter('PushedAuthorizationRequest').consume('id')
    await expect(pushed).rejects.toMatchObject({ error: 'invalid_request_uri' })
  })

  test('is consumed by its own attempt although the reply was lost', async () => {
    const adapter = storage.adapter('AuthorizationCode')
    await adapter.upsert('id', { kind: 'AuthorizationCode', ...token() }, 60)
    let lost = 0
    store.breakDown('after', (operation) => operation === 'swap' && ++lost === 1)
    await adapter.consume('id')
    store.repair()
    await expect(adapter.consume('id')).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  test('is reported as unavailable, not as used, when no reply comes at all', async () => {
    const adapter = storage.adapter('AuthorizationCode')
    await adapter.upsert('id', { kind: 'AuthorizationCode', ...token() }, 60)
    store.breakDown('after', (operation) => operation === 'swap')
    await expect(adapter.consume('id')).rejects.toMatchObject({ error: 'temporarily_unavailable' })
  })
})

describe('an identifier that may come once', () => {
  test('is new to one of fifty', async () => {
    const adapter = storage.adapter('ReplayDetection')
    const seen = await Promise.all(Array.from({ length: 50 }, () => adapter.find('jti')))
    expect(seen.filter((found) => found === undefined)).toHaveLength(1)
  })

  test('is still new to the one whose reply was lost', async () => {
    let lost = 0
    store.breakDown('after', (operation) => operation === 'reserve' && ++lost === 1)
    expect(await storage.adapter('ReplayDetection').find('jti')).toBeUndefined()
    store.repair()
    expect(await storage.adapter('ReplayDetection').find('jti')).toMatchObject({ kind: 'ReplayDetection' })
  })
})

describe('sessions', () => {
  const session = (changes = {}) => ({ kind: 'Session', uid: 'u', iat: now(), exp: now() + 7_200, ...changes })
  const signedIn = (changes = {}) => session({ accountId: 'lan', loginTs: now(), ...changes })

  test('are found by cookie and by uid, and never show the cookie in the store', async () => {
    const adapter = storage.adapter('Session')
    await adapter.upsert('cookie-1', signedIn(), 60)
    expect(await adapter.find('cookie-1')).toMatchObject({ uid: 'u', jti: 'cookie-1', accountId: 'lan' })
    expect(await adapter.findByUid('u')).toMatchObject({ accountId: 'lan' })
    expect(await adapter.find('cookie-2')).toBeUndefined()
    expect(JSON.stringify([...store.standing()])).not.toContain('cookie-1')
  })

  test('end at once, pointer and authority', async () => {
    const adapter = storage.adapter('Session')
    await adapter.upsert('cookie-1', signedIn(), 60)
    await adapter.destroy('cookie-1')
    expect([...store.standing()]).toEqual([])
    await adapter.destroy('cookie-1')
  })

  test('that are nobody’s ask no gate, and become nobody’s who has no standing', async () => {
    const adapter = storage.adapter('Session')
    const person = await people.find('lan')
    if (person) person.state = 'suspended'
    await adapter.upsert('cookie-1', session(), 60)
    await expect(adapter.upsert('cookie-1', signedIn(), 60)).rejects.toMatchObject({ error: 'access_denied' })
    expect(await adapter.find('cookie-1')).not.toHaveProperty('accountId')
  })
})

describe('a session that is destroyed', () => {
  test('has ended for good, also one whose sign-in counts from the coming second', async () => {
    const sessions = storage.adapter('Session')
    const [uid, loginTs] = ['a-session', now() + 1]
    const record = { kind: 'Session', uid, accountId: 'lan', transient: true, exp: now() + 60 }
    await sessions.upsert('cookie', { ...record, loginTs }, 60)
    await sessions.destroy('cookie')
    expect(await sessions.find('cookie')).toBeUndefined()
    const standing = await notBefore.standing({ personId: null, clientId: null, sessionUid: uid })
    expect(standing.notBefore?.getTime()).toBeGreaterThan(loginTs * 1_000)
  })

  test('stands where its end cannot be written', async () => {
    const sessions = storage.adapter('Session')
    const record = { kind: 'Session', uid: 'a-session', accountId: 'lan', loginTs: now(), exp: now() + 60 }
    await sessions.upsert('cookie', record, 60)
    notBefore.set = () =>
      Promise.reject(Object.assign(new Error('down'), { unavailable: 'postgres', retryAfterSeconds: 5 }))
    await expect(sessions.destroy('cookie')).rejects.toMatchObject({ status: 503, retryAfterSeconds: 5 })
    expect(await sessions.find('cookie')).toMatchObject({ accountId: 'lan' })
  })
})
