import { beforeEach, describe, expect, test } from '@jest/globals'
import { ofLan, openStorageWorld, type StorageWorld } from '../../test/support/storage-world.ts'

let storage: StorageWorld['storage']
let store: StorageWorld['store']
let request: StorageWorld['request']
let signedIn: StorageWorld['signedIn']

beforeEach(() => {
  ;({ storage, store, request, signedIn } = openStorageWorld())
})

describe('what may be used once', () => {
  test.each(['DeviceCode', 'PushedAuthorizationRequest'])('%s is consumed by one of fifty', async (model) => {
    const adapter = storage.adapter(model)
    const id = 'x'.repeat(43)
    await adapter.upsert(id, { kind: model, ...ofLan() }, 60)
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => adapter.consume(id)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await adapter.find(id)).toMatchObject({ consumed: expect.any(Number) })
  })

  async function savedCode() {
    const { uid, record } = await signedIn()
    const code = storage.locators.newToken('AuthorizationCode', { uid })
    const adapter = storage.adapter('AuthorizationCode')
    await adapter.upsert(code, record('AuthorizationCode'), 60)
    store.calls.length = 0
    return { adapter, code }
  }

  test('AuthorizationCode is consumed by one of fifty, and keeps the end that it had', async () => {
    const { adapter, code } = await savedCode()
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => adapter.consume(code)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await adapter.find(code)).toMatchObject({ consumed: expect.any(Number) })
    expect(store.standing().size).toBe(2)
  })

  test('RefreshToken is rotated by one of fifty, who all have seen it unused', async () => {
    const { uid, record } = await signedIn()
    const adapter = storage.adapter('RefreshToken')
    const family = storage.locators.newFamily()
    const first = storage.locators.newToken('RefreshToken', { uid, family })
    await adapter.upsert(first, record('RefreshToken'), 60)
    const next = () => storage.locators.newToken('RefreshToken', { uid, family, generation: 1 })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, () =>
        request(async () => {
          expect(await adapter.find(first)).not.toHaveProperty('consumed')
          await adapter.consume(first)
          const token = next()
          await adapter.upsert(token, record('RefreshToken'), 60)
          return token
        }),
      ),
    )
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.error] : []))
    expect([won.length, lost]).toEqual([1, Array(49).fill('invalid_grant')])
    expect(await adapter.find(first)).toMatchObject({ consumed: expect.any(Number) })
    expect(await adapter.find(won[0] ?? '')).not.toHaveProperty('consumed')
    // Made for the same place, and given to nobody.
    expect(await adapter.find(next())).toBeUndefined()
  })

  test('cannot be consumed when it is gone', async () => {
    const code = storage.locators.newToken('AuthorizationCode', { uid: storage.locators.newSession() })
    for (const id of [code, 'id']) {
      const consumed = storage.adapter('AuthorizationCode').consume(id)
      await expect(consumed).rejects.toMatchObject({ error: 'invalid_grant' })
    }
    const pushed = storage.adapter('PushedAuthorizationRequest').consume('id')
    await expect(pushed).rejects.toMatchObject({ error: 'invalid_request_uri' })
  })

  test('is consumed by its own attempt although the reply was lost', async () => {
    const { adapter, code } = await savedCode()
    let lost = 0
    store.breakDown('after', (operation) => operation === 'swap' && ++lost === 1)
    await adapter.consume(code)
    store.repair()
    await expect(adapter.consume(code)).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  test('is rotated by its own attempt although the reply was lost and the session changed since', async () => {
    const { uid, grantId, record } = await signedIn()
    const adapter = storage.adapter('RefreshToken')
    const family = storage.locators.newFamily()
    await adapter.upsert(storage.locators.newToken('RefreshToken', { uid, family }), record('RefreshToken'), 60)
    const next = storage.locators.newToken('RefreshToken', { uid, family, generation: 1 })
    const { swap } = store.expiring
    let lost = 0
    store.expiring.swap = async (...asked) => {
      const answer = await swap(...asked)
      if (++lost > 1) return answer
      const other = storage.locators.newToken('RefreshToken', { uid, family: storage.locators.newFamily() })
      await adapter.upsert(other, record('RefreshToken'), 60)
      throw Object.assign(new Error('no answer'), { unavailable: 'redis', retryAfterSeconds: 2 })
    }
    await adapter.upsert(next, record('RefreshToken'), 60)
    expect(await adapter.find(next)).toMatchObject({ grantId })
  })

  test('is reported as unavailable, not as used, when no reply comes at all', async () => {
    const { adapter, code } = await savedCode()
    store.breakDown('after', (operation) => operation === 'swap')
    await expect(adapter.consume(code)).rejects.toMatchObject({ error: 'temporarily_unavailable' })
  })
})
