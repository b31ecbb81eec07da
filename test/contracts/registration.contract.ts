/** What the store of initial access tokens must do, and that of clients for those that register themselves. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { ClientRegistration } from '../../src/clients/clients.ts'
import type { RegistrationToken } from '../../src/registration/registration.ts'
import { at, clientRecord, type LastingStores, PARALLEL, parallel } from './samples.ts'

const policy = { hosts: ['lab.example'], scopes: ['openid'], authMethods: ['none'] }

function newToken(changes: Partial<RegistrationToken> = {}): RegistrationToken {
  const moments = { createdAt: at('09-01'), expiresAt: at('09-08'), revokedAt: null }
  return { id: randomUUID(), name: '实验室', policy, clientsMax: 5, clientsCount: 0, ...moments, ...changes }
}

export function registrationContract(stores: () => LastingStores) {
  describe('initial access tokens', () => {
    test('are found by their hash, and listed with the newest first', async () => {
      const { registrationTokens } = stores()
      const [early, late] = [newToken(), newToken({ createdAt: at('09-02') })]
      await registrationTokens.add(early, `hash of ${early.id}`)
      await registrationTokens.add(late, `hash of ${late.id}`)
      expect(await registrationTokens.findByHash(`hash of ${early.id}`)).toEqual(early)
      expect(await registrationTokens.findByHash('of nobody')).toBeNull()
      const ids = (await registrationTokens.list()).map(({ id }) => id)
      expect(ids.indexOf(late.id)).toBeLessThan(ids.indexOf(early.id))
    })

    test(`count no more than they have, also of ${PARALLEL} at once`, async () => {
      const { registrationTokens } = stores()
      const token = newToken()
      await registrationTokens.add(token, `hash of ${token.id}`)
      const used = await parallel(() => registrationTokens.use(token.id, at('09-02')))
      expect(used.filter(Boolean)).toHaveLength(token.clientsMax)
      expect((await registrationTokens.findByHash(`hash of ${token.id}`))?.clientsCount).toBe(token.clientsMax)
    })

    test('count nothing once they are over or revoked, which they are once', async () => {
      const { registrationTokens } = stores()
      const token = newToken()
      await registrationTokens.add(token, `hash of ${token.id}`)
      expect(await registrationTokens.use(token.id, at('09-08'))).toBe(false)
      expect(await registrationTokens.revoke(token.id, at('09-03'))).toBe(true)
      expect(await registrationTokens.revoke(token.id, at('09-04'))).toBe(false)
      expect(await registrationTokens.revoke(randomUUID(), at('09-04'))).toBe(false)
      expect(await registrationTokens.use(token.id, at('09-03'))).toBe(false)
      expect((await registrationTokens.findByHash(`hash of ${token.id}`))?.revokedAt).toEqual(at('09-03'))
    })
  })

  describe('clients that register themselves', () => {
    const registration = (changes: Partial<ClientRegistration> = {}): ClientRegistration => ({
      ...{ tokenId: 'token', policy, accessHash: null, issuedAt: 1_788_000_000, document: null, sealedSecret: null },
      ...changes,
    })
    const dynamic = (id: string, changes?: Partial<ClientRegistration>) => ({
      ...clientRecord(id),
      managedBy: 'dynamic' as const,
      registration: registration(changes),
    })

    test('are found by what they manage themselves with, while they are enabled', async () => {
      const { clients } = stores()
      const [id, hash] = [randomUUID(), randomUUID()]
      await clients.put(dynamic(id))
      await clients.setRegistrationAccess(id, hash)
      expect(await clients.findByRegistrationAccess(hash)).toEqual({
        ...dynamic(id, { accessHash: hash }),
        disabledAt: null,
      })
      await clients.setRegistrationAccess(id, null)
      expect(await clients.findByRegistrationAccess(hash)).toBeNull()
      await clients.setRegistrationAccess(id, hash)
      await clients.disable(id, at('09-01'))
      expect(await clients.findByRegistrationAccess(hash)).toBeNull()
    })

    test('neither lose nor regain their access by a change that rests on an earlier reading', async () => {
      const { clients } = stores()
      const [id, hash] = [randomUUID(), randomUUID()]
      await clients.put(dynamic(id))
      await clients.setRegistrationAccess(id, hash)
      await clients.put(dynamic(id, { accessHash: null }))
      expect(await clients.findByRegistrationAccess(hash)).toMatchObject({ id })
      await clients.setRegistrationAccess(id, null)
      await clients.put(dynamic(id, { accessHash: hash }))
      expect(await clients.findByRegistrationAccess(hash)).toBeNull()
    })

    test('are disabled once: of two who do so, one is told that it was them, and the first moment stays', async () => {
      const { clients } = stores()
      const id = randomUUID()
      await clients.put(dynamic(id))
      const both = await Promise.all([clients.disable(id, at('09-01')), clients.disable(id, at('09-01'))])
      expect(both.toSorted()).toEqual([false, true])
      expect(await clients.disable(id, at('09-02'))).toBe(false)
      expect(await clients.find(id)).toMatchObject({ disabledAt: at('09-01') })
      expect(await clients.disable(randomUUID(), at('09-01'))).toBe(false)
    })

    test('do not enable themselves by a change, and are taken over by nobody', async () => {
      const { clients } = stores()
      const id = randomUUID()
      await clients.put(dynamic(id))
      await clients.disable(id, at('09-01'))
      await clients.put(dynamic(id, { issuedAt: 1 }))
      expect(await clients.find(id)).toMatchObject({ disabledAt: at('09-01'), registration: { issuedAt: 1 } })
      await expect(clients.put({ ...clientRecord(id), managedBy: 'file' })).rejects.toMatchObject({
        code: 'client_managed_elsewhere',
      })
    })

    test('alone have such a thing: others are given none', async () => {
      const { clients } = stores()
      const [id, hash] = [randomUUID(), randomUUID()]
      await clients.put(clientRecord(id))
      await clients.setRegistrationAccess(id, hash)
      expect(await clients.findByRegistrationAccess(hash)).toBeNull()
      expect(await clients.find(id)).not.toHaveProperty('registration')
    })
  })
}
