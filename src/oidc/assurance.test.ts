import { describe, expect, test } from '@jest/globals'
import { ASSURANCE_LADDER, assuranceOf, higherOf, methodsTogether, reaches, waysTo } from './assurance.ts'

const [PASSWORD, SMS, SCAN, TWO_FACTOR, RESISTANT] = ASSURANCE_LADDER

describe('the assurance of a sign-in', () => {
  test.each([
    ['a password', 'password', ['pwd'], PASSWORD],
    ['a code by SMS', 'sms-code', ['sms'], SMS],
    ['a scan', 'qr-scan', [], SCAN],
    ['a password and a code', 'password', ['pwd', 'otp'], TWO_FACTOR],
    ['two things that are held', 'sms-code', ['sms', 'otp'], SMS],
    ['a password and a PIN', 'password', ['pwd', 'pin'], PASSWORD],
    ['what says that it was several factors', 'elsewhere', ['mfa'], TWO_FACTOR],
    ['a passkey', 'passkey', ['swk'], RESISTANT],
    ['a hardware key and a PIN', 'passkey', ['hwk', 'pin'], RESISTANT],
  ])('of %s', (_what, method, amr, expected) => {
    expect(assuranceOf({ method, amr })).toBe(expected)
  })

  test('is reached by whoever stands as high or higher, and by nobody where the word is unknown', () => {
    for (const [at, wanted] of ASSURANCE_LADDER.entries()) {
      for (const [stands, acr] of ASSURANCE_LADDER.entries()) expect(reaches(acr, wanted)).toBe(stands >= at)
      expect(reaches(undefined, wanted)).toBe(false)
      expect(reaches('gold', wanted)).toBe(false)
    }
    expect(reaches('gold', 'gold')).toBe(false)
    expect(reaches(undefined, 'gold')).toBe(false)
  })

  test('never falls by a step up', () => {
    expect(higherOf(RESISTANT, PASSWORD)).toBe(RESISTANT)
    expect(higherOf(PASSWORD, SMS)).toBe(SMS)
    expect(higherOf(undefined, PASSWORD)).toBe(PASSWORD)
  })
})

test('methods that were proven one after the other count together, each once, and say so', () => {
  expect(methodsTogether(['pwd'], ['pwd'])).toEqual(['pwd'])
  expect(methodsTogether(['pwd'], ['sms'])).toEqual(['pwd', 'sms', 'mfa'])
  expect(methodsTogether(['pwd', 'sms', 'mfa'], ['sms'])).toEqual(['pwd', 'sms', 'mfa'])
  expect(methodsTogether([], ['sms', 'otp'])).toEqual(['sms', 'otp'])
})

describe('the ways to a rung', () => {
  const methods = [
    { method: 'password', amr: ['pwd'] },
    { method: 'sms-code', amr: ['sms'] },
    { method: 'qr-scan', amr: [] },
    { method: 'passkey', amr: ['swk'] },
  ]
  const from = (amr: string[], acr: string, wanted: string) =>
    waysTo([wanted], { amr, acr }, methods).map(({ method }) => method)

  test('are those that add what is missing', () => {
    expect(from(['pwd'], PASSWORD, TWO_FACTOR)).toEqual(['sms-code', 'passkey'])
    expect(from(['sms'], SMS, TWO_FACTOR)).toEqual(['password', 'passkey'])
    expect(from(['pwd'], PASSWORD, SCAN)).toEqual(['sms-code', 'qr-scan', 'passkey'])
    expect(from(['pwd'], PASSWORD, RESISTANT)).toEqual(['passkey'])
  })

  test('are none where no method leads there, or nobody knows the word', () => {
    expect(waysTo([TWO_FACTOR], { amr: ['pwd'], acr: PASSWORD }, methods.slice(0, 1))).toEqual([])
    expect(from(['pwd'], PASSWORD, 'https://example.org/gold')).toEqual([])
  })
})
