import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { CredentialKind } from '../../src/credentials/credentials.ts'
import { type LastingStores, PARALLEL, parallel, samplesFor } from './samples.ts'

export function credentialsContract(stores: () => LastingStores) {
  const { somebody, newPerson, number } = samplesFor(stores, '2027')

  describe('credentials', () => {
    const secret: CredentialKind<{ hash: string }> = {
      name: 'test-secret',
      parse: (stored) => {
        if (typeof stored === 'object' && stored && 'hash' in stored) return { hash: String(stored.hash) }
        throw new Error('not a secret')
      },
    }
    const other: CredentialKind<string[]> = { name: 'test-list', parse: (stored) => stored as string[] }

    test('each kind and label of a person is kept for itself', async () => {
      const { credentials } = stores()
      const person = await somebody()
      expect(await credentials.find(secret, person)).toBeNull()
      await credentials.put(secret, person, { hash: 'first' })
      await credentials.put(secret, person, { hash: 'labelled' }, 'label')
      await credentials.put(other, person, ['a list', 'of two'])
      await credentials.put(secret, person, { hash: 'second' })
      expect(await credentials.find(secret, person)).toEqual({ hash: 'second' })
      expect(await credentials.find(secret, person, 'label')).toEqual({ hash: 'labelled' })
      expect(await credentials.find(other, person)).toEqual(['a list', 'of two'])
      await credentials.remove(secret, person)
      expect(await credentials.find(secret, person)).toBeNull()
      expect(await credentials.find(secret, person, 'label')).toEqual({ hash: 'labelled' })
    })

    test('what somebody has is found by each of their logins', async () => {
      const { credentials, people } = stores()
      const [person, bare] = [newPerson({ aliases: [`alias-${number()}`] }), newPerson()]
      for (const one of [person, bare]) await people.create(one)
      await credentials.put(secret, person.id, { hash: 'mine' })
      await credentials.put(secret, person.id, { hash: 'labelled' }, 'label')
      await credentials.put(other, bare.id, ['of another kind'])
      const logins = [person.identities[0]?.number ?? '', ...person.aliases]
      for (const login of logins) {
        expect(await credentials.findByLogin(secret, login)).toEqual({ personId: person.id, data: { hash: 'mine' } })
      }
      const bareNumber = bare.identities[0]?.number ?? ''
      expect(await credentials.findByLogin(secret, bareNumber)).toEqual({ personId: bare.id, data: null })
      expect(await credentials.findByLogin(secret, 'nobody')).toBeNull()
    })

    test('what is stored in another shape is not answered', async () => {
      const { credentials } = stores()
      const person = await somebody()
      await credentials.put({ ...other, name: secret.name }, person, ['not a secret'])
      await expect(credentials.find(secret, person)).rejects.toThrow('not a secret')
    })

    test('a rehash replaces what it was made from and never a newer password', async () => {
      const { credentials } = stores()
      const person = await somebody()
      await credentials.put(secret, person, { hash: 'old' })
      expect(await credentials.confirm(secret, person, { hash: 'old' }, { hash: 'rehashed' })).toBe(true)
      expect(await credentials.confirm(secret, person, { hash: 'old' }, { hash: 'too late' })).toBe(false)
      expect(await credentials.find(secret, person)).toEqual({ hash: 'rehashed' })
    })

    test(`of ${PARALLEL} tries at once as many as are allowed are counted, each with its own number`, async () => {
      const { credentials } = stores()
      const person = await somebody()
      const tries = await parallel(() => credentials.takeTry(secret, person, 'unknown', 100))
      const counted = tries.filter((count) => count !== null).sort((one, two) => one - two)
      expect(counted).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
      expect(await credentials.takeTry(secret, person, 'unknown', 100)).toBeNull()
    })

    test('a success forgets the failures of its own kind, and what stands no longer forgets none', async () => {
      const { credentials } = stores()
      const [person, neighbour] = [await somebody(), await somebody()]
      await credentials.put(secret, person, { hash: 'present' })
      await credentials.takeTry(secret, person, 'unknown', 1)
      await credentials.takeTry(secret, person, 'device', 1)
      await credentials.takeTry(other, person, 'unknown', 1)
      await credentials.takeTry(secret, neighbour, 'unknown', 1)
      expect(await credentials.confirm(secret, person, { hash: 'former' }, { hash: 'former' })).toBe(false)
      expect(await credentials.takeTry(secret, person, 'unknown', 1)).toBeNull()
      expect(await credentials.confirm(secret, person, { hash: 'present' }, { hash: 'present' })).toBe(true)
      expect(await credentials.takeTry(secret, person, 'unknown', 1)).toBe(1)
      expect(await credentials.takeTry(secret, person, 'device', 1)).toBe(1)
      expect(await credentials.takeTry(other, person, 'unknown', 1)).toBeNull()
      expect(await credentials.takeTry(secret, neighbour, 'unknown', 1)).toBeNull()
    })

    test('each device has tries of its own, and a new authenticator forgets the failures of all', async () => {
      const { credentials } = stores()
      const person = await somebody()
      await credentials.takeTry(secret, person, 'unknown', 1)
      expect(await credentials.takeTry(secret, person, 'unknown', 1)).toBeNull()
      expect(await credentials.takeTry(secret, person, 'device', 1)).toBe(1)
      expect(await credentials.takeTry(other, person, 'unknown', 1)).toBe(1)
      await credentials.forgetFailures(secret, person)
      expect(await credentials.takeTry(secret, person, 'unknown', 1)).toBe(1)
      expect(await credentials.takeTry(secret, person, 'device', 1)).toBe(1)
      expect(await credentials.takeTry(other, person, 'unknown', 1)).toBeNull()
    })

    test('a try given back can be taken again, by its own device and kind, and never below nothing', async () => {
      const { credentials } = stores()
      const person = await somebody()
      await credentials.giveBackTry(secret, person, 'unknown')
      for (const count of [1, 2]) expect(await credentials.takeTry(secret, person, 'unknown', 2)).toBe(count)
      await credentials.giveBackTry(secret, person, 'device')
      await credentials.giveBackTry(other, person, 'unknown')
      expect(await credentials.takeTry(secret, person, 'unknown', 2)).toBeNull()
      await credentials.giveBackTry(secret, person, 'unknown')
      expect(await credentials.takeTry(secret, person, 'unknown', 2)).toBe(2)
      for (let again = 0; again < 3; again++) await credentials.giveBackTry(secret, person, 'unknown')
      expect(await credentials.takeTry(secret, person, 'unknown', 2)).toBe(1)
      await credentials.giveBackTry(secret, randomUUID(), 'unknown')
    })

    test(`of ${PARALLEL} tries given back at once, also among others taken, none is lost`, async () => {
      const { credentials } = stores()
      const person = await somebody()
      const take = () => credentials.takeTry(secret, person, 'unknown', 1_000)
      const giveBack = () => credentials.giveBackTry(secret, person, 'unknown')
      await parallel(take)
      await parallel(giveBack)
      expect(await take()).toBe(1)
      await parallel(async () => {
        await take()
        await giveBack()
      })
      expect(await take()).toBe(2)
    })

    test('nobody has no tries, nor is anybody given none', async () => {
      const { credentials } = stores()
      expect(await credentials.takeTry(secret, randomUUID(), 'unknown', 100)).toBeNull()
      expect(await credentials.takeTry(secret, await somebody(), 'unknown', 0)).toBeNull()
    })
  })
}
