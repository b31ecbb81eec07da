import { beforeEach, describe, expect, test } from '@jest/globals'
import { now, openStorageWorld, type StorageWorld } from '../../test/support/storage-world.ts'

let storage: StorageWorld['storage']
let store: StorageWorld['store']
let signedIn: StorageWorld['signedIn']
let request: StorageWorld['request']

beforeEach(() => {
  ;({ storage, store, signedIn, request } = openStorageWorld())
})

/** A request of 8 KiB has room for it. */
const claims = { userinfo: { name: { value: 'x'.repeat(6_000) } } }

describe('a session of which somebody would make a burden', () => {
  async function grantsOf({ uid, grantId, record }: Awaited<ReturnType<StorageWorld['signedIn']>>): Promise<string[]> {
    const newer = [1, 2, 3].map(() => storage.locators.newGrant(uid))
    for (const id of newer) {
      await request(async () => {
        const session = await storage.adapter('Session').findByUid(uid)
        await storage.adapter('Grant').upsert(id, { ...record('Grant'), exp: now() + 600 }, 600)
        const authorizations = { library: { sid: 'sid', grantId: id } }
        await storage.adapter('Session').upsert(storage.locators.newCookie(uid), { ...session, authorizations }, 60)
      })
    }
    return [grantId, ...newer]
  }

  test('is read at the cost of others no further than so long: what was used longest ago goes', async () => {
    const session = await signedIn()
    const { uid, record } = session
    const tokens: string[] = []
    for (const [at, grantId] of (await grantsOf(session)).entries()) {
      for (let turn = 0; turn < 5; turn++) {
        const token = storage.locators.newToken('RefreshToken', { uid, family: storage.locators.newFamily() })
        const payload = { ...record('RefreshToken'), grantId, claims, iat: now() - 60 + at * 5 + turn }
        await request(() => storage.adapter('RefreshToken').upsert(token, payload, 60))
        tokens.push(token)
      }
    }
    expect(tokens).toHaveLength(20)
    expect(store.standing().get(`s:${uid}`)?.length).toBeLessThanOrEqual(64 * 1_024)
    const found = await Promise.all(tokens.map((token) => storage.adapter('RefreshToken').find(token)))
    expect(found.map(Boolean)).toEqual(tokens.map((_, at) => at >= 10))
    expect(await storage.adapter('Session').findByUid(uid)).toMatchObject({ accountId: 'lan' })
  })
})
