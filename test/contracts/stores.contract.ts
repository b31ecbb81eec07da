/** What the stores of what lasts must do, on whichever database. Every name and number is invented. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { ALL } from '../../src/gate/gate.ts'
import { credentialsContract } from './credentials.contract.ts'
import { keysContract } from './keys.contract.ts'
import { peopleContract } from './people.contract.ts'
import { profilesContract } from './profiles.contract.ts'
import { registrationContract } from './registration.contract.ts'
import { at, type LastingStores, PARALLEL, parallel, samplesFor } from './samples.ts'

export function storesContract(stores: () => LastingStores) {
  const { number, identity, newPerson, somebody, client: newClient } = samplesFor(stores, '2028')

  describe('what lasts:', () => {
    peopleContract(stores)
    profilesContract(stores)
    credentialsContract(stores)
    registrationContract(stores)

    describe('subjects', () => {
      test('stay the same for a person and a sector, and differ between them', async () => {
        const { subjects } = stores()
        const [one, two] = [await somebody(), await somebody()]
        const [sub, third] = [randomUUID(), randomUUID()]
        expect(await subjects.findOrCreate(one, 'a.example', sub)).toBe(sub)
        expect(await subjects.findOrCreate(one, 'a.example', randomUUID())).toBe(sub)
        expect(await subjects.findOrCreate(one, 'b.example', third)).toBe(third)
        expect(await subjects.findOrCreate(two, 'a.example', randomUUID())).not.toBe(sub)
      })

      test('a subject is never given to somebody else', async () => {
        const { subjects } = stores()
        const sub = randomUUID()
        await subjects.findOrCreate(await somebody(), 'a.example', sub)
        await expect(subjects.findOrCreate(await somebody(), 'a.example', sub)).rejects.toThrow()
      })

      test(`${PARALLEL} first visits at once see one subject`, async () => {
        const { subjects } = stores()
        const person = await somebody()
        const seen = await parallel(() => subjects.findOrCreate(person, 'a.example', randomUUID()))
        expect(new Set(seen).size).toBe(1)
      })
    })

    describe('consents', () => {
      test('grow by what is allowed, also at once, and go as a whole', async () => {
        const { consents } = stores()
        const [person, client] = [await somebody(), await newClient()]
        expect(await consents.find(person, client)).toBeNull()
        await consents.allow(person, client, { scopes: ['openid'], claims: [] })
        await Promise.all([
          consents.allow(person, client, { scopes: ['openid', 'profile'], claims: ['name'] }),
          consents.allow(person, client, { scopes: ['campus_org'], claims: [] }),
        ])
        const consent = await consents.find(person, client)
        expect(consent?.scopes.sort()).toEqual(['campus_org', 'openid', 'profile'])
        expect(consent?.claims).toEqual(['name'])
        expect(consent?.grantedAt).toBeInstanceOf(Date)
        await consents.withdraw(person, client)
        expect(await consents.find(person, client)).toBeNull()
      })

      test('end for a whole client, and for no other', async () => {
        const { consents } = stores()
        const [lan, mei, client, other] = [await somebody(), await somebody(), await newClient(), await newClient()]
        for (const person of [lan, mei])
          for (const id of [client, other]) await consents.allow(person, id, { scopes: ['openid'], claims: [] })
        await consents.withdrawAll(client)
        for (const person of [lan, mei]) {
          expect(await consents.find(person, client)).toBeNull()
          expect(await consents.find(person, other)).not.toBeNull()
        }
      })
    })

    keysContract(stores)

    describe('not before', () => {
      const standing = (of: { person?: string; client?: string; session?: string }) =>
        stores().notBefore.standing({
          personId: of.person ?? null,
          clientId: of.client ?? null,
          sessionUid: of.session ?? null,
        })
      const entry = (time: string, reason = 'test') => ({ at: at(time), reason, expiresAt: null })

      test('says how a person and a client stand, and denies what it does not know', async () => {
        const { people } = stores()
        const [person, client] = [await somebody(), await newClient()]
        expect(await standing({ person, client })).toEqual({
          person: await people.find(person),
          profile: expect.any(Object),
          clientEnabled: true,
          notBefore: null,
        })
        await stores().clients.disable(client, at('03-01'))
        expect(await standing({ person: randomUUID(), client })).toEqual({
          person: null,
          profile: null,
          clientEnabled: false,
          notBefore: null,
        })
        expect(await standing({ client: 'unknown' })).toMatchObject({ person: null, clientEnabled: false })
        expect((await standing({ person })).clientEnabled).toBe(true)
      })

      test('knows all identities of a person, in one order, and a person who has none', async () => {
        const { people } = stores()
        const identities = [
          identity({ validFrom: at('09-02') }),
          identity({ isPrimary: false, validFrom: at('09-01') }),
        ]
        for (const one of [newPerson({ identities }), newPerson({ identities: [] })]) {
          await people.create(one)
          expect((await standing({ person: one.id })).person).toEqual(await people.find(one.id))
        }
      })

      test('answers the latest of person, client and session', async () => {
        const { notBefore } = stores()
        const [person, client, session] = [await somebody(), `client-${number()}`, randomUUID()]
        await notBefore.set('person', person, entry('01-01'))
        await notBefore.set('client', client, entry('03-01'))
        await notBefore.set('session', session, entry('02-01'))
        expect((await standing({ person, client, session })).notBefore).toEqual(at('03-01'))
        expect((await standing({ person, session })).notBefore).toEqual(at('02-01'))
        expect((await standing({ person })).notBefore).toEqual(at('01-01'))
        expect((await standing({ session: person })).notBefore).toBeNull()
      })

      test('only ever moves forward, also when set at once', async () => {
        const { notBefore } = stores()
        const person = await somebody()
        await Promise.all(
          ['03-01', '05-01', '04-01', '02-01'].map((time) => notBefore.set('person', person, entry(time))),
        )
        expect((await standing({ person })).notBefore).toEqual(at('05-01'))
        await notBefore.set('person', person, entry('01-01'))
        expect((await standing({ person })).notBefore).toEqual(at('05-01'))
      })

      test('takes along what may go, and nothing else', async () => {
        const { notBefore } = stores()
        const [past, lasting] = [randomUUID(), randomUUID()]
        await notBefore.set('session', past, { at: at('01-01'), reason: 'test', expiresAt: new Date(0) })
        await notBefore.set('session', past, { at: at('01-02'), reason: 'test', expiresAt: new Date(1) })
        await notBefore.set('session', lasting, { at: at('01-01'), reason: 'test', expiresAt: null })
        expect((await standing({ session: past })).notBefore).toBeNull()
        expect((await standing({ session: lasting })).notBefore).toEqual(at('01-01'))
      })

      // Last: it holds for everybody.
      test('answers what was set for everything, whoever is asked about', async () => {
        const { notBefore } = stores()
        const [earlier, later] = [await somebody(), await somebody()]
        await notBefore.set('person', earlier, entry('01-01'))
        await notBefore.set('person', later, entry('06-01'))
        await notBefore.set('everything', ALL, entry('03-01', 'restored'))
        expect((await standing({ person: earlier })).notBefore).toEqual(at('03-01'))
        expect((await standing({ person: later })).notBefore).toEqual(at('06-01'))
        expect((await standing({ client: 'nobody', session: randomUUID() })).notBefore).toEqual(at('03-01'))
        await expect(notBefore.set('everything', 'more', entry('03-01'))).rejects.toThrow('not_before_kind_check')
      })
    })
  })
}
