/** What the stores of what lasts must do, on whichever database. Every name and number here is invented. */
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Stores } from '../../src/campus.ts'
import type { ClientRecord } from '../../src/clients/clients.ts'
import type { CredentialKind } from '../../src/credentials/credentials.ts'
import type { StoredSigningKey } from '../../src/keys/keys.ts'
import type { Identity, NewPerson } from '../../src/people/people.ts'

type LastingStores = Omit<Stores, 'audit'>

const PARALLEL = 200
const at = (time: string) => new Date(`2026-${time}T00:00:00.000Z`)
const parallel = <Answer>(call: (caller: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: PARALLEL }, (_, caller) => call(caller)))

export function storesContract(stores: () => LastingStores) {
  describe('what lasts:', () => {
    let people: LastingStores['people']
    let made = 0

    beforeAll(() => {
      people = stores().people
    })

    const number = () => `2026${String(++made).padStart(8, '0')}`
    const identity = (changes: Partial<Identity> = {}): Identity => ({
      id: randomUUID(),
      number: number(),
      type: 'undergraduate',
      organisation: '图书馆',
      isPrimary: true,
      validFrom: at('09-01'),
      validTo: null,
      ...changes,
    })
    const newPerson = (changes: Partial<NewPerson> = {}): NewPerson => ({
      id: randomUUID(),
      name: '阿依古丽·买买提',
      state: 'active',
      identities: [identity()],
      aliases: [],
      ...changes,
    })
    async function somebody() {
      const person = newPerson()
      await people.create(person)
      return person.id
    }

    describe('people', () => {
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
        expect(await credentials.replace(secret, person, { hash: 'old' }, { hash: 'rehashed' })).toBe(true)
        expect(await credentials.replace(secret, person, { hash: 'old' }, { hash: 'too late' })).toBe(false)
        expect(await credentials.find(secret, person)).toEqual({ hash: 'rehashed' })
      })

      test(`of ${PARALLEL} tries at once exactly as many as are allowed are counted, each with its own number`, async () => {
        const { credentials } = stores()
        const person = await somebody()
        const tries = await parallel(() => credentials.takeTry(secret, person, 'unknown', 100))
        const counted = tries.filter((count) => count !== null).sort((one, two) => one - two)
        expect(counted).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
        expect(await credentials.takeTry(secret, person, 'unknown', 100)).toBeNull()
      })

      test('each device has tries of its own, and a success forgets the failures of all', async () => {
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

      test('nobody has no tries, nor is anybody given none', async () => {
        const { credentials } = stores()
        expect(await credentials.takeTry(secret, randomUUID(), 'unknown', 100)).toBeNull()
        expect(await credentials.takeTry(secret, await somebody(), 'unknown', 0)).toBeNull()
      })
    })

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
        const { clients, consents } = stores()
        const [person, client] = [await somebody(), `client-${number()}`]
        await clients.put(clientRecord(client))
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
    })

    describe('signing keys', () => {
      const key = (kid: string, alg: StoredSigningKey['alg'], changes: Partial<StoredSigningKey> = {}) => ({
        kid,
        alg,
        state: 'active' as const,
        publicJwk: { kty: 'EC', kid },
        sealedPrivate: new Uint8Array([0, 127, 255]),
        sealedBy: 'k1',
        createdAt: at('01-01'),
        ...changes,
      })

      test('of many first starts at once one makes the keys, and no later one adds to them', async () => {
        const { signingKeys } = stores()
        expect(await signingKeys.list()).toEqual([])
        await Promise.all(
          Array.from({ length: 20 }, (_, start) =>
            signingKeys.addFirst([key(`es-${start}`, 'ES256'), key(`next-${start}`, 'ES256', { state: 'announced' })]),
          ),
        )
        const [first, second, ...more] = await signingKeys.list()
        expect(more).toEqual([])
        expect(first?.kid.split('-')[1]).toBe(second?.kid.split('-')[1])
        await signingKeys.addFirst([key('es-late', 'ES256'), key('rs', 'RS256', { createdAt: at('02-01') })])
        expect((await signingKeys.list()).map(({ kid }) => kid)).toEqual([first?.kid, second?.kid, 'rs'])
      })

      test('come back as they were, the retired ones excepted', async () => {
        const { signingKeys } = stores()
        const [stored] = (await signingKeys.list()).filter(({ kid }) => kid === 'rs')
        expect({ ...stored, sealedPrivate: Array.from(stored?.sealedPrivate ?? []) }).toEqual({
          ...key('rs', 'RS256', { createdAt: at('02-01') }),
          sealedPrivate: [0, 127, 255],
        })
      })
    })

    describe('not before', () => {
      const standing = (of: { person?: string; client?: string; session?: string }) =>
        stores().notBefore.standing({
          personId: of.person ?? null,
          clientId: of.client ?? null,
          sessionUid: of.session ?? null,
        })
      const entry = (time: string, reason = 'test') => ({ at: at(time), reason, expiresAt: null })

      test('says how a person and a client stand, and denies what it does not know', async () => {
        const [person, client] = [await somebody(), `client-${number()}`]
        await stores().clients.put(clientRecord(client))
        expect(await standing({ person, client })).toEqual({
          personState: 'active',
          clientEnabled: true,
          notBefore: null,
        })
        await stores().clients.disable(client, at('03-01'))
        expect(await standing({ person: randomUUID(), client })).toEqual({
          personState: null,
          clientEnabled: false,
          notBefore: null,
        })
        expect((await standing({ client: 'unknown' })).clientEnabled).toBe(false)
        expect((await standing({ person })).clientEnabled).toBe(true)
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
    })
  })
}

const clientRecord = (id: string): Omit<ClientRecord, 'disabledAt'> => ({
  id,
  managedBy: 'staff',
  secretHashes: [],
  metadata: {
    client_name: '二手书交换',
    client_name_i18n: {},
    redirect_uris: ['https://books.example/callback'],
    post_logout_redirect_uris: [],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    scope: 'openid',
    id_token_signed_response_alg: 'ES256',
    subject_type: 'pairwise',
    application_type: 'web',
    first_party: false,
    pkce_exempt: null,
    backchannel_logout_uri: null,
    backchannel_logout_session_required: false,
    client_uri: null,
    logo_uri: null,
    policy_uri: null,
    tos_uri: null,
    jwks_uri: null,
    jwks: null,
  },
})
