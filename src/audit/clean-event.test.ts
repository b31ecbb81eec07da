import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cleanEvent } from './clean-event.ts'

const clean = (details: Record<string, string | number | boolean | null>) =>
  cleanEvent({ event: 'e', result: 'success', details }).details

describe('details', () => {
  test.each([
    ...['password', 'newPassword', 'client_secret', 'access_token', 'id_token_hint', 'code', 'sms_code', 'user_code'],
    ...['totp_seed', 'cookie', 'authorization', 'code_verifier', 'phone', 'email', 'mobileNumber', 'idcard', 'login'],
  ])('under the name %s are removed, whether text or number', (name) => {
    expect(clean({ [name]: 'hunter2' })).toEqual({ [name]: '[removed]' })
    expect(clean({ [name]: 123_456 })).toEqual({ [name]: '[removed]' })
  })

  test.each(['token_type', 'error_code', 'auth_method', 'secret_count', 'scope', 'fields', 'encoding', 'postcards'])(
    'under the name %s stay',
    (name) => {
      expect(clean({ [name]: 'value' })).toEqual({ [name]: 'value' })
    },
  )

  test('that only say yes or no stay', () => {
    expect(clean({ password: true })).toEqual({ password: true })
  })

  test('are few, short and plain', () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`field${index}`, index]))
    expect(Object.keys(clean(many) ?? {})).toHaveLength(20)
    expect(String(clean({ field: 'x'.repeat(9_999) })?.['field'])).toHaveLength(500)
    expect(clean({ 'not a name': 1, __proto__: 1, field: Number.NaN })).toEqual({ field: null })
  })
})

test('a token is removed wherever it stands', () => {
  const token = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'
  expect(cleanEvent({ event: 'e', result: 'error', reason: `bad ${token}` }).reason).toBe('[removed]')
  expect(clean({ field: token })).toEqual({ field: '[removed]' })
})

test('what is absent stays absent', () => {
  expect(cleanEvent({ event: 'e', result: 'success' })).toEqual({ event: 'e', result: 'success' })
})

test('no text, however hostile, brings a second line, a disguise, half a character or great length', () => {
  const hostile = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) })
  fc.assert(
    fc.property(hostile, fc.nat(400), (text, padding) => {
      const { client } = cleanEvent({ event: 'e', result: 'refused', client: 'x'.repeat(padding) + text })
      expect(client).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
      expect(client?.isWellFormed()).toBe(true)
      expect(client?.length).toBeLessThanOrEqual(200)
    }),
    { numRuns: 1_000 },
  )
})
