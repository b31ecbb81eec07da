import { beforeEach, describe, expect, test } from '@jest/globals'
import { now, openStorageWorld, type StorageWorld } from '../../test/support/storage-world.ts'

let storage: StorageWorld['storage']
let store: StorageWorld['store']
let people: StorageWorld['people']
let notBefore: StorageWorld['notBefore']
let request: StorageWorld['request']

beforeEach(() => {
  ;({ storage, store, people, notBefore, request } = openStorageWorld())
})

describe('sessions', () => {
  function session(changes = {}) {
    const uid = storage.locators.newSession()
    const cookies = [storage.locators.newCookie(uid), storage.locators.newCookie(uid)] as const
    const payload = { kind: 'Session', uid, iat: now(), exp: now() + 7_200, ...changes }
    return { uid, cookies, payload }
  }
  const signedIn = (changes = {}) => session({ accountId: 'lan', loginTs: now(), ...changes })

  test('are found by cookie and by uid, and never show the cookie in the store', async () => {
    const adapter = storage.adapter('Session')
    const { uid, cookies, payload } = signedIn()
    await adapter.upsert(cookies[0], payload, 60)
    expect(await adapter.find(cookies[0])).toEqual({ ...payload, jti: cookies[0] })
    expect(await adapter.findByUid(uid)).toMatchObject({ accountId: 'lan' })
    expect(await adapter.find(cookies[1])).toBeUndefined()
    expect(JSON.stringify([...store.standing()])).not.toContain(cookies[0].slice(uid.length))
  })

  test('are found by no more cookies than steps may run side by side', async () => {
    const adapter = storage.adapter('Session')
    const { uid, payload } = signedIn()
    const cookies = Array.from({ length: 6 }, () => storage.locators.newCookie(uid))
    for (const cookie of cookies) await request(() => adapter.upsert(cookie, payload, 60))
    const found = await Promise.all(cookies.map((cookie) => adapter.find(cookie)))
    expect(found.map(Boolean)).toEqual([false, false, true, true, true, true])
  })

  describe('that somebody else was under way in when a person signed in', () => {
    /** The planted cookie was let in; then the person signs in, and the other one saves, the later one as told. */
    async function race(how: { first: 'person' | 'other'; other: object }) {
      const adapter = storage.adapter('Session')
      const { uid, cookies, payload } = session()
      const [planted, persons] = cookies
      const others = storage.locators.newCookie(uid)
      await request(() => adapter.upsert(planted, payload, 60))
      const under = (cookie: string, changes: object) => async (turn: Promise<unknown>) => {
        const found = await adapter.find(planted)
        await turn
        await adapter.upsert(cookie, { ...found, ...changes, kind: 'Session' }, 60)
      }
      const steps = {
        person: under(persons, { accountId: 'lan', loginTs: now() }),
        other: under(others, how.other),
      }
      const second = how.first === 'person' ? 'other' : 'person'
      const first = Promise.withResolvers<void>()
      const later = request(() => steps[second](first.promise))
      await request(() => steps[how.first](Promise.resolve())).finally(first.resolve)
      const [outcome] = await Promise.allSettled([later])
      return { outcome, persons: await adapter.find(persons), others: await adapter.find(others) }
    }

    test('have no new cookie for whoever comes later and signs nobody in (fixation)', async () => {
      const { outcome, persons, others } = await race({ first: 'person', other: {} })
      expect(outcome).toMatchObject({ status: 'rejected', reason: { error: 'invalid_request' } })
      expect(persons).toMatchObject({ accountId: 'lan' })
      expect(others).toBeUndefined()
    })

    test.each([{}, { accountId: 'mei', loginTs: now() }])(
      'keep none that was made before, %j (fixation)',
      async (other) => {
        const { outcome, persons, others } = await race({ first: 'other', other })
        expect(outcome).toMatchObject({ status: 'fulfilled' })
        expect(persons).toMatchObject({ accountId: 'lan' })
        expect(others).toBeUndefined()
      },
    )

    test('are theirs who signed in last, and nobody else has a cookie', async () => {
      const { persons, others } = await race({ first: 'person', other: { accountId: 'mei', loginTs: now() } })
      expect(others).toMatchObject({ accountId: 'mei' })
      expect(persons).toBeUndefined()
    })

    test('keep the cookies of two tabs in which one person signs in', async () => {
      const { persons, others } = await race({ first: 'person', other: { accountId: 'lan', loginTs: now() } })
      expect([persons, others]).toMatchObject([{ accountId: 'lan' }, { accountId: 'lan' }])
    })
  })

  test('end at once', async () => {
    const adapter = storage.adapter('Session')
    const { cookies, payload } = signedIn()
    await adapter.upsert(cookies[0], payload, 60)
    await adapter.destroy(cookies[1])
    expect(store.standing().size).toBe(1)
    await adapter.destroy(cookies[0])
    expect([...store.standing()]).toEqual([])
    await adapter.destroy(cookies[0])
  })

  test('that are nobody’s ask no gate, and become nobody’s who has no standing', async () => {
    const adapter = storage.adapter('Session')
    const person = await people.find('lan')
    if (person) person.state = 'suspended'
    const { cookies, payload } = session()
    await adapter.upsert(cookies[0], payload, 60)
    const signsIn = adapter.upsert(cookies[0], { ...payload, accountId: 'lan', loginTs: now() }, 60)
    await expect(signsIn).rejects.toMatchObject({ error: 'access_denied' })
    expect(await adapter.find(cookies[0])).not.toHaveProperty('accountId')
  })
})

describe('a session that is destroyed', () => {
  const record = (changes = {}) => {
    const uid = storage.locators.newSession()
    const payload = { kind: 'Session', uid, accountId: 'lan', loginTs: now(), exp: now() + 60, ...changes }
    return { uid, cookie: storage.locators.newCookie(uid), payload }
  }

  test('has ended for good, also one whose sign-in counts from the coming second', async () => {
    const sessions = storage.adapter('Session')
    const loginTs = now() + 1
    const { uid, cookie, payload } = record({ transient: true, loginTs })
    await sessions.upsert(cookie, payload, 60)
    await sessions.destroy(cookie)
    expect(await sessions.find(cookie)).toBeUndefined()
    const standing = await notBefore.standing({ personId: null, clientId: null, sessionUid: uid })
    expect(standing.notBefore?.getTime()).toBeGreaterThan(loginTs * 1_000)
  })

  test('stands where its end cannot be written', async () => {
    const sessions = storage.adapter('Session')
    const { cookie, payload } = record()
    await sessions.upsert(cookie, payload, 60)
    notBefore.set = () =>
      Promise.reject(Object.assign(new Error('down'), { unavailable: 'postgres', retryAfterSeconds: 5 }))
    await expect(sessions.destroy(cookie)).rejects.toMatchObject({ status: 503, retryAfterSeconds: 5 })
    expect(await sessions.find(cookie)).toMatchObject({ accountId: 'lan' })
  })
})
