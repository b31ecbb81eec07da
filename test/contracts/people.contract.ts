import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { at, type LastingStores, samplesFor } from './samples.ts'

export function peopleContract(stores: () => LastingStores) {
  const { number, identity, newPerson } = samplesFor(stores, '2026')

  describe('people', () => {
    let people: LastingStores['people']

    beforeAll(() => {
      people = stores().people
    })

    test('a person comes back as created, with identities in the order of time', async () => {
      const later = identity({ type: 'staff', organisation: null, validFrom: at('10-01'), validTo: at('12-01') })
      const earlier = identity({ isPrimary: false })
      const { aliases, ...person } = newPerson({ identities: [later, earlier], aliases: [`alias-${number()}`] })
      await people.create({ ...person, aliases })
      const expected = { ...person, identities: [earlier, later] }
      expect(await people.find(person.id)).toEqual(expected)
      expect(await people.findByLogin(later.number)).toEqual(expected)
      expect(await people.findByLogin(earlier.number)).toEqual(expected)
      expect(await people.findByLogin(aliases[0] ?? '')).toEqual(expected)
    })

    test('a number with capitals is found by its folded form', async () => {
      const person = newPerson({ identities: [identity({ number: `B${number()}` })] })
      await people.create(person)
      expect((await people.findByLogin(person.identities[0]?.number.toLowerCase() ?? ''))?.id).toBe(person.id)
    })

    test('nobody is found under what is nobody’s', async () => {
      expect(await people.find(randomUUID())).toBeNull()
      expect(await people.findByLogin('nobody')).toBeNull()
    })

    test('a number or an alias of somebody else is refused, and nothing of the newcomer is kept', async () => {
      const alias = `alias-${number()}`
      const first = newPerson({ aliases: [alias] })
      await people.create(first)
      const taken = first.identities[0]?.number ?? ''
      for (const second of [
        newPerson({ identities: [identity({ number: taken })] }),
        newPerson({ aliases: [alias] }),
        newPerson({ aliases: [taken] }),
      ]) {
        await expect(people.create(second)).rejects.toMatchObject({ code: 'login_taken' })
        expect(await people.find(second.id)).toBeNull()
      }
    })

    test('of many who claim one number at once one gets it', async () => {
      const wanted = number()
      const claims = await Promise.allSettled(
        Array.from({ length: 20 }, () => people.create(newPerson({ identities: [identity({ number: wanted })] }))),
      )
      expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    test('an error about a value does not carry it', async () => {
      const person = newPerson({ name: '秘'.repeat(201) })
      const error: unknown = await people.create(person).catch((cause: unknown) => cause)
      expect(error).toBeInstanceOf(Error)
      expect(JSON.stringify(error)).not.toContain('秘')
    })

    test('a state changes only from the one that was named, and nothing else of the person does', async () => {
      const { aliases, ...person } = newPerson({ aliases: [`alias-${number()}`] })
      await people.create({ ...person, aliases })
      expect(await people.setState(person.id, { from: 'suspended', to: 'active' })).toBe(false)
      expect(await people.setState(person.id, { from: 'active', to: 'suspended' })).toBe(true)
      expect(await people.setState(person.id, { from: 'active', to: 'suspended' })).toBe(false)
      expect(await people.find(person.id)).toEqual({ ...person, state: 'suspended' })
      expect(await people.setState(randomUUID(), { from: 'active', to: 'suspended' })).toBe(false)
    })

    test('of many who change a state at once one has changed it', async () => {
      const person = newPerson()
      await people.create(person)
      const changes = await Promise.all(
        Array.from({ length: 20 }, () => people.setState(person.id, { from: 'active', to: 'suspended' })),
      )
      expect(changes.filter((isChanged) => isChanged)).toHaveLength(1)
    })

    test('the list goes by primary number, a page at a time, each person once', async () => {
      const created = Array.from({ length: 3 }, () =>
        newPerson({ identities: [identity({ isPrimary: false }), identity()] }),
      )
      for (const person of created.toReversed()) await people.create(person)
      const before = created[0]?.identities[0]?.number ?? ''
      const page = await people.list({ after: before, limit: 2 })
      expect(page.map(({ id }) => id)).toEqual([created[0]?.id, created[1]?.id])
      expect(page[0]?.identities).toHaveLength(2)
      const last = page[1]?.identities.find(({ isPrimary }) => isPrimary)?.number ?? ''
      expect((await people.list({ after: last, limit: 1 })).map(({ id }) => id)).toEqual([created[2]?.id])
      expect((await people.list({ after: null, limit: 1 })).length).toBe(1)
    })
  })
}
