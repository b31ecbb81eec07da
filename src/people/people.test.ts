import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createPerson, foldLogin, type Identity, maySignIn, newPerson, type Person, primaryIdentity } from './people.ts'

const now = new Date('2026-09-01T00:00:00Z')
const yesterday = new Date('2026-08-31T00:00:00Z')
const tomorrow = new Date('2026-09-02T00:00:00Z')

const student: Identity = {
  id: 'i1',
  number: '202407010101',
  type: 'undergraduate',
  organisation: null,
  isPrimary: true,
  validFrom: new Date('2024-09-01T00:00:00Z'),
  validTo: null,
}
const lan: Person = { id: 'p1', name: '吴兰', state: 'active', identities: [student] }

test.each([
  ['full-width digits of a Chinese input method', '２０２４０７０１０１０１', '202407010101'],
  ['capitals, also full-width ones', 'ＷＵ.Lan', 'wu.lan'],
  ['spaces around and inside, also ideographic ones', ' 2024 0701\u30000101\t', '202407010101'],
  ['invisible characters that a paste brings along', '\u200b2024\u00ad07010101\ufeff', '202407010101'],
  ['Chinese words as they are', '吴兰', '吴兰'],
])('folds %s', (_what, typed, folded) => {
  expect(foldLogin(typed)).toBe(folded)
})

test('keeps at most 100 characters of a login, whatever is typed', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 400 })
  fc.assert(fc.property(anything, (typed) => Array.from(foldLogin(typed)).length <= 100))
  expect(foldLogin('7'.repeat(20_000))).toBe('7'.repeat(100))
})

test('folds what is folded already to itself', () => {
  const word = fc.string({ unit: fc.constantFrom(...'ａＺ０９az09 .＿-@吴兰é'), maxLength: 40 })
  fc.assert(fc.property(word, (typed) => foldLogin(foldLogin(typed)) === foldLogin(typed)))
})

test('an active person with a valid identity may sign in', () => {
  expect(maySignIn(lan, now)).toEqual({ allowed: true })
})

test.each(['pending', 'suspended', 'closed'] as const)('a person who is %s may not sign in', (state) => {
  expect(maySignIn({ ...lan, state }, now)).toEqual({ allowed: false, reason: `account_${state}` })
})

test.each([
  ['have ended, at that very moment', { validTo: now }],
  ['have not begun', { validFrom: tomorrow }],
])('a person whose identities %s may not sign in', (_when, times) => {
  const person = { ...lan, identities: [{ ...student, ...times }] }
  expect(maySignIn(person, now)).toEqual({ allowed: false, reason: 'identity_expired' })
})

test('an identity is valid from its first moment until just before its last', () => {
  const person = { ...lan, identities: [{ ...student, validFrom: now, validTo: tomorrow }] }
  expect(maySignIn(person, now)).toEqual({ allowed: true })
})

test('the primary identity speaks for a person, and when it has ended the one that began last', () => {
  const staff = { ...student, id: 'i2', number: '100234', type: 'staff', isPrimary: false, validFrom: yesterday }
  const alumna = {
    ...student,
    id: 'i3',
    number: '700234',
    type: 'alumnus',
    isPrimary: false,
    validFrom: student.validFrom,
  }
  expect(primaryIdentity({ ...lan, identities: [alumna, staff, student] }, now)?.id).toBe('i1')
  const graduated = { ...student, validTo: yesterday }
  expect(primaryIdentity({ ...lan, identities: [alumna, staff, graduated] }, now)?.id).toBe('i2')
  expect(primaryIdentity({ ...lan, identities: [graduated] }, now)).toBeNull()
})

function world() {
  let made = 0
  return { clock: () => now, random: { token: () => 'token', uuid: () => `uuid-${++made}` } }
}

test('a new person is what was said, tidied, with the first identity as the primary one', () => {
  const answer = newPerson(world(), {
    name: ' 阿依古丽·买买提 ',
    identities: [
      { number: ' Ｂ2024 0001', type: 'doctor' },
      { number: '100234', type: 'staff', organisation: '图书馆', validFrom: yesterday, validTo: tomorrow },
    ],
    aliases: ['Ａyigul', 'ayigul', 'b20240001'],
  })
  expect(answer).toMatchObject({
    ok: true,
    statement: { phone: null, email: null, identities: { 'uuid-2': { majorCode: null }, 'uuid-3': { grade: null } } },
    person: {
      id: 'uuid-1',
      name: '阿依古丽·买买提',
      state: 'active',
      aliases: ['ayigul'],
      identities: [
        {
          id: 'uuid-2',
          number: 'B20240001',
          type: 'doctor',
          organisation: null,
          isPrimary: true,
          validFrom: now,
          validTo: null,
        },
        {
          id: 'uuid-3',
          number: '100234',
          type: 'staff',
          organisation: '图书馆',
          isPrimary: false,
          validFrom: yesterday,
          validTo: tomorrow,
        },
      ],
    },
  })
})

test('where a new person stands and how to reach them is stated, and nothing of it is verified', () => {
  const identities = [
    { number: '100234', type: 'master', majorCode: ' 080901 ', grade: '2022', admittedOn: '2022-09-01' },
  ]
  const answer = newPerson(world(), { name: '吴兰', identities, phone: '+8613800000000', email: 'lan@school.example' })
  expect(answer).toMatchObject({
    ok: true,
    statement: {
      phone: { value: '+8613800000000', verifiedAt: null },
      email: { value: 'lan@school.example', verifiedAt: null },
      identities: { 'uuid-2': { majorCode: '080901', grade: '2022', admittedOn: '2022-09-01', classCode: null } },
    },
  })
  const wrong = newPerson(world(), {
    ...{ name: '吴兰', phone: '13800000000', email: 'lan' },
    identities: [{ number: '100234', type: 'master', admittedOn: '2022-02-30', majorCode: '' }],
  })
  expect(wrong.ok ? [] : wrong.problems.map(({ field }) => field).toSorted()).toEqual([
    'email',
    'identities.0.admittedOn',
    'identities.0.majorCode',
    'phone',
  ])
})

test('every mistake about a new person is named at once, by its field', () => {
  const answer = newPerson(world(), {
    name: ' ',
    identities: [
      { number: '12-34', type: 'Staff' },
      { number: '100234', type: 'staff', validFrom: now, validTo: now },
    ],
    aliases: ['a/b'],
  })
  expect(answer.ok ? [] : answer.problems.map(({ field }) => field).toSorted()).toEqual([
    'aliases.0',
    'identities.0.number',
    'identities.0.type',
    'identities.1.validTo',
    'name',
  ])
})

test('a person needs an identity, and no number twice', () => {
  const one = { number: 'b100', type: 'staff' }
  expect(newPerson(world(), { name: '吴兰', identities: [] })).toEqual({
    ok: false,
    problems: [{ field: 'identities', message: 'expected at least one identity' }],
  })
  expect(newPerson(world(), { name: '吴兰', identities: [one, { ...one, number: 'B100' }] })).toEqual({
    ok: false,
    problems: [{ field: 'identities', message: 'a number stands twice' }],
  })
})

test('a number or alias that is somebody’s already is refused; other failures pass through', async () => {
  const answer = newPerson(world(), { name: '吴兰', identities: [{ number: '202407010101', type: 'undergraduate' }] })
  if (!answer.ok) throw new Error('expected a person')
  const others = { find: never, findByLogin: never, list: never, describe: never, setState: never }
  const failing = (error: Error) => ({ people: { create: () => Promise.reject(error), ...others } })
  const taken = Object.assign(new Error('a unique key'), { code: 'login_taken' })
  await expect(createPerson(failing(taken), answer.person)).rejects.toMatchObject({ code: 'login_taken', status: 409 })
  const broken = new Error('the store is broken')
  await expect(createPerson(failing(broken), answer.person)).rejects.toBe(broken)
})

function never(): never {
  throw new Error('not expected to be asked')
}
