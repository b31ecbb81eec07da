/** What relying parties may learn of people: code tables, what is stated, and both in the gate's one answer. */
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { PlacementStatement, ProfileStatement } from '../../src/people/people.ts'
import { at, type LastingStores, samplesFor } from './samples.ts'

export function profilesContract(stores: () => LastingStores) {
  const { identity, newPerson, somebody } = samplesFor(stores, '2031')
  const profileOf = async (personId: string) =>
    (await stores().notBefore.standing({ personId, clientId: null, sessionUid: null })).profile

  const nothing: ProfileStatement = {
    ...{ familyName: null, givenName: null, phone: null, email: null, orcid: null, identities: {} },
  }
  const placed = (changes: Partial<PlacementStatement> = {}): PlacementStatement => ({
    ...{ organisationCode: '0701', majorCode: '080901', classCode: '2022-1', grade: '2022', level: '本科' },
    ...{ admittedOn: '2022-09-01', graduatesOn: '2026-06-30' },
    ...changes,
  })

  describe('profiles', () => {
    beforeAll(async () => {
      await stores().codes.add({
        organisations: [
          { code: '07', name: '信息学部', nameInEnglish: 'Faculty of Information', path: ['07'] },
          { code: '0701', name: '计算机学院', nameInEnglish: null, path: ['07', '0701'] },
        ],
        majors: [{ code: '080901', name: '计算机科学与技术', nameInEnglish: 'Computer Science' }],
        classes: [{ code: '2022-1', name: '计科2022-1班', nameInEnglish: null }],
      })
    })

    test('say what was stated, with the words of the code tables', async () => {
      const [student, staff] = [identity(), identity({ type: 'staff', isPrimary: false, organisation: null })]
      const person = newPerson({ identities: [student, staff] })
      await stores().people.create(person)
      const phone = { value: `+8613${person.identities[0]?.number.slice(3)}`, verifiedAt: at('02-01') }
      const email = { value: `Lan-${student.number}@school.example`, verifiedAt: null }
      await stores().people.describe(person.id, {
        ...{ familyName: '吴', givenName: '兰', phone, email, orcid: '0000-0002-1825-0097' },
        identities: { [student.id]: placed() },
      })
      const profile = await profileOf(person.id)
      expect(profile).toMatchObject({ familyName: '吴', givenName: '兰', phone, email, orcid: '0000-0002-1825-0097' })
      expect(profile?.placements.get(student.id)).toEqual({
        type: {
          ...{ code: 'undergraduate', name: '本科生', nameInEnglish: 'Undergraduate student' },
          ...{ affiliations: ['student', 'member'], entitlements: [] },
        },
        organisation: {
          ...{ code: '0701', name: '计算机学院', nameInEnglish: null },
          above: [
            { code: '07', name: '信息学部' },
            { code: '0701', name: '计算机学院' },
          ],
        },
        major: { code: '080901', name: '计算机科学与技术', nameInEnglish: 'Computer Science' },
        class: { code: '2022-1', name: '计科2022-1班', nameInEnglish: null },
        ...{ grade: '2022', level: '本科', admittedOn: '2022-09-01', graduatesOn: '2026-06-30' },
      })
      expect(profile?.placements.get(staff.id)).toMatchObject({
        ...{ type: { code: 'staff', affiliations: ['staff', 'employee', 'member'] } },
        ...{ organisation: null, major: null, class: null, grade: null, admittedOn: null },
      })
    })

    test('of somebody of whom nothing was stated are empty, and nobody has one of nobody', async () => {
      const profile = await profileOf(await somebody())
      expect(profile).toMatchObject({ familyName: null, phone: null, email: null, orcid: null })
      expect(profile?.updatedAt).toBeInstanceOf(Date)
      expect(await profileOf(randomUUID())).toBeNull()
    })

    test('are stated anew as a whole, and only about the person’s own identities', async () => {
      const [one, other] = [newPerson(), newPerson()]
      for (const person of [one, other]) await stores().people.create(person)
      const [mine, theirs] = [one.identities[0]?.id ?? '', other.identities[0]?.id ?? '']
      await stores().people.describe(one.id, {
        ...nothing,
        familyName: '吴',
        identities: { [mine]: placed(), [theirs]: placed() },
      })
      expect((await profileOf(other.id))?.placements.get(theirs)?.major).toBeNull()
      const before = await profileOf(one.id)
      await stores().people.describe(one.id, nothing)
      const after = await profileOf(one.id)
      expect(after).toMatchObject({ familyName: null })
      expect(after?.placements.get(mine)?.major?.code).toBe('080901')
      expect(after?.updatedAt.getTime()).toBeGreaterThan(before?.updatedAt.getTime() ?? 0)
    })

    test.each([
      ['organisation', { organisationCode: 'none' }],
      ['major', { majorCode: 'none' }],
      ['class', { classCode: 'none' }],
    ])('know no %s beyond the tables, and nothing of such a statement is kept', async (_table, change) => {
      const person = newPerson()
      await stores().people.create(person)
      const identities = { [person.identities[0]?.id ?? '']: placed(change) }
      const stated = stores().people.describe(person.id, { ...nothing, familyName: '吴', identities })
      await expect(stated).rejects.toMatchObject({ code: 'unknown_code' })
      expect(await profileOf(person.id)).toMatchObject({ familyName: null })
    })

    test('know no type of person beyond the table', async () => {
      const created = stores().people.create(newPerson({ identities: [identity({ type: 'wizard' })] }))
      await expect(created).rejects.toMatchObject({ code: 'unknown_code' })
    })

    test('hold a phone and an address that are verified for one person alone, also of many at once', async () => {
      const people = await Promise.all(Array.from({ length: 8 }, () => somebody()))
      for (const contact of ['phone', 'email'] as const) {
        const value = contact === 'phone' ? '+8613900000000' : 'shared@school.example'
        const claim = (id: string, verifiedAt: Date | null) =>
          stores().people.describe(id, { ...nothing, [contact]: { value: value.toUpperCase(), verifiedAt } })
        const claims = await Promise.allSettled(people.map((id) => claim(id, at('01-01'))))
        expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        const refused = claims.find((outcome) => outcome.status === 'rejected')
        expect(refused).toMatchObject({ reason: { code: 'contact_taken' } })
        // Whoever merely says that it is theirs takes it from nobody.
        for (const id of people.slice(0, 2)) await claim(id, null)
        for (const id of people) await stores().people.describe(id, nothing)
      }
    })
  })

  describe('code tables', () => {
    test('come with the types of people, which a school may name anew and add to', async () => {
      const { codes } = stores()
      const before = await codes.read()
      expect(before.personTypes.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['faculty', 'staff', 'undergraduate', 'master', 'doctor', 'alumni', 'visitor']),
      )
      const fellow = {
        ...{ code: 'fellow', name: '驻校学者', nameInEnglish: null },
        ...{ affiliations: ['affiliate'], entitlements: ['urn:mace:dir:entitlement:common-lib-terms'] },
      }
      const visitor = { ...fellow, code: 'visitor', name: '访问学者' }
      await codes.add({ personTypes: [fellow, visitor] })
      const { personTypes } = await codes.read()
      expect(personTypes).toEqual(expect.arrayContaining([fellow, visitor]))
      expect(personTypes).toHaveLength(before.personTypes.length + 1)
      expect(personTypes.map(({ code }) => code)).toEqual(personTypes.map(({ code }) => code).toSorted())
    })

    test('take a code anew, and nothing of what is wrong in part', async () => {
      const { codes } = stores()
      const major = { code: '070101', name: '数学', nameInEnglish: null }
      await codes.add({ majors: [major] })
      await codes.add({ majors: [{ ...major, name: '数学与应用数学' }] })
      const wrong = { code: '99', name: '别处', nameInEnglish: null, path: ['07'] }
      await expect(codes.add({ majors: [major], organisations: [wrong] })).rejects.toThrow()
      const { majors, organisations } = await codes.read()
      expect(majors.find(({ code }) => code === '070101')?.name).toBe('数学与应用数学')
      expect(organisations.some(({ code }) => code === '99')).toBe(false)
    })
  })
}
