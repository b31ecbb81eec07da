import { beforeEach, describe, expect, test } from '@jest/globals'
import type { AdapterPayload } from 'oidc-provider'
import { now, ofLan, openStorageWorld, type StorageWorld } from '../../test/support/storage-world.ts'

let storage: StorageWorld['storage']
let store: StorageWorld['store']
let people: StorageWorld['people']
let notBefore: StorageWorld['notBefore']
let signedIn: StorageWorld['signedIn']
let request: StorageWorld['request']

beforeEach(() => {
  ;({ storage, store, people, notBefore, signedIn, request } = openStorageWorld())
})

const models = ['Session', 'AuthorizationCode', 'AccessToken', 'RefreshToken', 'ClientCredentials', 'DeviceCode']

describe('a record that gives access', () => {
  test.each([...models, 'SomethingThatALaterVersionKeeps'])(
    '%s is not saved for a person who lost their standing',
    async (model) => {
      const person = await people.find('lan')
      if (person) person.state = 'suspended'
      const record = { kind: model, ...ofLan(), uid: 'u', loginTs: now() }
      await expect(storage.adapter(model).upsert('id', record, 60)).rejects.toMatchObject({ error: 'access_denied' })
      expect(store.standing().size).toBe(0)
    },
  )

  test.each([...models, 'SomethingThatALaterVersionKeeps'])(
    '%s is not saved when the gate cannot be asked',
    async (model) => {
      notBefore.standing = () =>
        Promise.reject(Object.assign(new Error('down'), { unavailable: 'postgres', retryAfterSeconds: 5 }))
      const record = { kind: model, ...ofLan(), uid: 'u', loginTs: now() }
      const saved = storage.adapter(model).upsert('id', record, 60)
      await expect(saved).rejects.toMatchObject({ error: 'temporarily_unavailable', status: 503, retryAfterSeconds: 5 })
      expect(store.standing().size).toBe(0)
    },
  )

  test('is as old as the sign-in and the grant that it rests on', async () => {
    const { uid, record } = await signedIn({ iat: now() - 100 })
    const younger = await signedIn()
    await notBefore.set('person', 'lan', { at: new Date(Date.now() - 50_000), reason: 'x', expiresAt: null })
    const save = (session: string, payload: AdapterPayload) =>
      storage.adapter('AccessToken').upsert(storage.locators.newToken('AccessToken', { uid: session }), payload, 60)
    await expect(save(uid, record('AccessToken'))).rejects.toMatchObject({ error: 'access_denied' })
    const ofLongAgo = { ...younger.record('AccessToken'), authTime: now() - 100 }
    await expect(save(younger.uid, ofLongAgo)).rejects.toMatchObject({ error: 'access_denied' })
    await save(younger.uid, younger.record('AccessToken'))
  })
})

describe('a record', () => {
  test('is found only as what it was saved as', async () => {
    await storage.adapter('PushedAuthorizationRequest').upsert('id', { kind: 'PushedAuthorizationRequest' }, 60)
    const [[key = '', raw = ''] = []] = store.standing()
    await store.expiring.put(key.replace('pushed-authorization-request', 'device-code'), raw, { seconds: 60 })
    expect(await storage.adapter('PushedAuthorizationRequest').find('id')).toMatchObject({ jti: 'id' })
    expect(await storage.adapter('DeviceCode').find('id')).toBeUndefined()
    expect(raw).not.toContain('"id"')
  })

  test.each(['AuthorizationCode', 'AccessToken', 'RefreshToken'] as const)(
    'of the kind %s is found by its own identifier, comes back as it was, and is looked for as nothing else',
    async (model) => {
      const { uid, record } = await signedIn()
      const id = storage.locators.newToken(model, { uid, family: 'family' })
      const odd = {
        claims: { userinfo: { name: null } },
        scope: 'openid =a',
        resource: ['x', 'y'],
        jkt: 'j',
        acr: 'none',
      }
      const payload = { ...record(model), ...odd }
      await storage.adapter(model).upsert(id, { ...payload, jti: id }, 60)
      expect(await storage.adapter(model).find(id)).toEqual({ ...payload, jti: id })
      expect(JSON.stringify([...store.standing()])).not.toContain(id)
      store.calls.length = 0
      for (const other of ['AuthorizationCode', 'AccessToken', 'RefreshToken', 'ClientCredentials']) {
        if (other !== model) expect(await storage.adapter(other).find(id)).toBeUndefined()
      }
      expect(store.calls).toEqual([])
    },
  )

  test('of a client on its own account is not looked for under the name of another kind', async () => {
    for (const characters of [43, 44, 45, 68]) await storage.adapter('ClientCredentials').find('x'.repeat(characters))
    expect(store.calls).toHaveLength(1)
  })

  test.each(['AuthorizationCode', 'AccessToken', 'RefreshToken', 'Session', 'Grant'])(
    'of the kind %s that an earlier version has issued is not known, and costs no trip',
    async (model) => {
      for (const characters of [21, 43, 44]) {
        expect(await storage.adapter(model).find('x'.repeat(characters))).toBeUndefined()
        await storage.adapter(model).destroy('x'.repeat(characters))
      }
      expect(store.calls).toEqual([])
    },
  )

  test.each(['{"kind":"Session"}', '[0,"of another version"]', 'nothing of ours'])(
    'that stands there in another form (%s) is none',
    async (raw) => {
      const uid = storage.locators.newSession()
      await store.expiring.put(`s:${uid}`, raw, { seconds: 60 })
      expect(await storage.adapter('Session').findByUid(uid)).toBeUndefined()
      expect(await storage.adapter('Session').find(storage.locators.newCookie(uid))).toBeUndefined()
      expect(await storage.adapter('Grant').find(storage.locators.newGrant(uid))).toBeUndefined()
      expect(
        await storage.adapter('RefreshToken').find(storage.locators.newToken('RefreshToken', { uid })),
      ).toBeUndefined()
    },
  )

  test('is handed out fresh each time: what the library changes in it changes nothing here', async () => {
    const { grantId } = await signedIn()
    const once = await storage.adapter('Grant').find(grantId)
    if (once) once.accountId = 'mei'
    expect(await storage.adapter('Grant').find(grantId)).toMatchObject({ accountId: 'lan' })
  })

  test('needs an end', async () => {
    const saved = storage.adapter('ClientCredentials').upsert('id', { kind: 'ClientCredentials' })
    await expect(saved).rejects.toThrow('without an end')
  })

  test('of a grant needs a session, and a token one too', async () => {
    await expect(storage.adapter('Grant').upsert('g', { kind: 'Grant' }, 60)).rejects.toThrow('without a session')
    for (const model of ['AuthorizationCode', 'AccessToken', 'RefreshToken']) {
      await expect(storage.adapter(model).upsert('id', { kind: model, ...ofLan() }, 60)).rejects.toThrow(
        'without a session',
      )
    }
  })
})

describe('a grant', () => {
  test('that is revoked takes what rests on it with it, and nothing of another client', async () => {
    const { uid, grantId, record } = await signedIn()
    const [access, refresh] = [
      storage.locators.newToken('AccessToken', { uid }),
      storage.locators.newToken('RefreshToken', { uid, family: 'family' }),
    ]
    await storage.adapter('AccessToken').upsert(access, record('AccessToken'), 60)
    await storage.adapter('RefreshToken').upsert(refresh, record('RefreshToken'), 60)
    await storage.adapter('Grant').destroy(grantId)
    expect(await storage.adapter('Grant').find(grantId)).toBeUndefined()
    expect(await storage.adapter('AccessToken').find(access)).toBeUndefined()
    expect(await storage.adapter('RefreshToken').find(refresh)).toBeUndefined()
    expect(await storage.adapter('Session').findByUid(uid)).toMatchObject({ accountId: 'lan' })
    const late = storage.adapter('AccessToken').upsert(access, record('AccessToken'), 60)
    await expect(late).rejects.toMatchObject({ error: 'invalid_grant' })
  })
})

describe('a grant that another request has revoked', () => {
  test('does not come back when the session is saved by the request that made it', async () => {
    const { uid, grantId, record } = await signedIn()
    const newer = storage.locators.newGrant(uid)
    await request(async () => {
      const session = await storage.adapter('Session').findByUid(uid)
      await storage.adapter('Grant').upsert(newer, { ...record('Grant'), exp: now() + 600 }, 600)
      const authorizations = { ...session?.authorizations, canteen: { sid: 'other', grantId: newer } }
      const save = (changes: object) =>
        storage
          .adapter('Session')
          .upsert(storage.locators.newCookie(uid), { ...session, authorizations, ...changes }, 60)
      await save({})
      expect(await request(() => storage.adapter('Grant').find(newer))).toMatchObject({ jti: newer })
      await request(() => storage.adapter('Grant').destroy(newer))
      await save({ state: { secret: 's' } })
    })
    expect(await storage.adapter('Grant').find(newer)).toBeUndefined()
    expect(await storage.adapter('Grant').find(grantId)).toMatchObject({ accountId: 'lan' })
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
