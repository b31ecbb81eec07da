import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Person } from '../people/people.ts'
import { isCommon } from './common-passwords.ts'
import { type PasswordProblem, passwordProblems } from './password-policy.ts'

const lan: Pick<Person, 'name' | 'identities'> = {
  name: 'Wu Lan',
  identities: [
    {
      id: 'i1',
      number: 'B20240701',
      type: 'doctor',
      organisation: null,
      isPrimary: true,
      validFrom: new Date('2024-09-01T00:00:00Z'),
      validTo: null,
    },
  ],
}

test.each<[string, string, PasswordProblem[]]>([
  ['ten characters', 'plum~b7x3q', []],
  ['nine characters', 'plum~b7x3', ['too_short']],
  ['ten characters outside of the basic plane', '🌲🎋🐉🏮🧧🪭🀄🐼🥟🍵', []],
  ['nine of them, though they are eighteen to a computer', '🌲🎋🐉🏮🧧🪭🀄🐼🥟', ['too_short']],
  ['256 characters', fill(256), []],
  ['257 characters', fill(257), ['too_long']],
  ['a sentence without digits or capitals', 'der teich war still und tief', []],
  ['a Chinese sentence', '小桥流水人家古道西风瘦马', []],
  ['two mistakes at once', '123456', ['too_short', 'too_common']],
  ['the number inside', 'x7-b20240701-q', ['contains_account']],
  ['the number in full-width characters', 'x7-Ｂ２０２４０７０１-q', ['contains_account']],
  ['the number with dots', 'q.b.2024.07.01.kv', ['contains_account']],
  ['the name inside', 'kx-wulan-77-qp', ['contains_account']],
])('%s', (_what, password, problems) => {
  expect(passwordProblems(password, lan)).toEqual(problems)
})

/** That many characters in which nothing repeats that a guesser would try. */
function fill(length: number): string {
  return Array.from({ length }, (_, index) => String.fromCodePoint(0x4e00 + ((index * 7_919) % 20_000))).join('')
}

test('a Chinese name of two characters counts, a Latin one of two letters does not', () => {
  const called = (name: string) => passwordProblems('an-吴兰-zk7v-qx', { ...lan, name })
  expect(called('吴兰')).toEqual(['contains_account'])
  expect(called('An')).toEqual([])
  expect(called('阿依古丽·买买提')).toEqual([])
  expect(passwordProblems('zk7v阿依古丽买买提qx', { ...lan, name: '阿依古丽·买买提' })).toEqual(['contains_account'])
})

test.each([
  'password12',
  'Password123!',
  'P@ssw0rd2024',
  'passwordpassword',
  'administrator',
  'admin888888',
  'letmein123',
  'iloveyou1314',
  'woaini1314520',
  'woaiwojia520',
  'zhangwei123456',
  'wangxiaoming1',
  'qwertyuiop',
  'poiuytrewq',
  '1qaz2wsx3edc',
  'qazwsxedcrfv',
  'asdfghjkl123',
  'zxcvbnm,./',
  '!@#$%^&*()',
  '1234567890',
  '0987654321',
  '1234512345',
  '1122334455',
  '147258369147',
  'aaaaaaaaaa',
  'abcabcabcabc',
  'xyzxyzxyzxyz',
  'abcdefghij',
  '19990101abc',
  'summer2026!!',
  'Beijing2008a',
  'Welcome@2025',
  'student20240901',
  'xuesheng123456',
  '１２３４５６７８９０',
  '我爱你我爱你我爱你a',
  '统一身份认证2026',
  'qwe123asd456',
  '5201314521',
  '20242024202420242024',
  'x7x7x7x7x7x7x7x7x7x7x7x7x7x7',
])('%s is one that guessers try', (password) => {
  expect(isCommon(password)).toBe(true)
})

test.each([
  'correct horse battery staple',
  'plum blossom in the snow',
  'mJ7#vQ2x!zR9',
  '7392046158',
  '春眠不觉晓处处闻啼鸟',
  'wo de xiao mao jiao ahuang',
  'dream-thistle-oboe-42',
])('%s is not', (password) => {
  expect(isCommon(password)).toBe(false)
})

test('passwords made at random are never refused', () => {
  const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
  const password = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 12, maxLength: 40 })
  const made = fc.sample(password, { numRuns: 500, seed: 20_260_901 }).filter((one) => new Set(one).size >= 10)
  expect(made.length).toBeGreaterThan(400)
  expect(made.filter(isCommon)).toEqual([])
})

test('words, digits and endings of the most common make go by the thousand', () => {
  const words = ['password', 'admin', 'woaini', 'beijing', 'qwerty', 'welcome', 'student', 'zhang', 'dragon', 'asdf']
  const digits = ['123', '1234', '123456', '2024', '1999', '20240901', '520', '1314', '888', '666666', '000', '321']
  const endings = ['', '!', '!!', '@', '.', '#', 'a', 'abc', 'A', 'qwe']
  const made = words.flatMap((word) =>
    digits.flatMap((run) => endings.flatMap((end) => [word + run + end, run + word + end])),
  )
  expect(made).toHaveLength(2_400)
  expect(made.filter((password) => !isCommon(password))).toEqual([])
})
