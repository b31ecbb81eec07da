import { describe, expect, test } from '@jest/globals'
import { claimsOf, KNOWN_SCOPES } from '../clients/clients.ts'
import { restore, shorten } from './short-payloads.ts'

const SINCE = 1_700_000_000
const template = { kind: 'RefreshToken', iat: SINCE, scope: 'openid profile', acr: undefined }

const roundTrip = (payload: object) =>
  restore(JSON.parse(JSON.stringify(shorten({ ...payload }, template, SINCE))), template, SINCE)

describe('a short record', () => {
  test('says nothing of what its template says', () => {
    expect(shorten({ kind: 'RefreshToken', iat: SINCE, scope: 'openid profile' }, template, SINCE)).toEqual({})
    expect(restore({}, template, SINCE)).toEqual({ kind: 'RefreshToken', iat: SINCE, scope: 'openid profile' })
  })

  test('is shorter by names, moments, words and identifiers', () => {
    const accountId = 'c8551800-9c0f-498d-b7b3-0722646cb1f8'
    const payload = {
      kind: 'RefreshToken',
      iat: SINCE + 7,
      accountId,
      scope: 'openid offline_access',
      amr: ['pwd', 'otp'],
    }
    expect(JSON.stringify(shorten(payload, template, SINCE))).toBe(
      '{"t":7,"s":"=ae","a":"=yFUYAJwPSY23swciZGyx-A","m":["=n otp"]}',
    )
  })

  test.each([
    ['words of theirs that look like ours', { scope: 'openid =a ==b = a profile campus_org x' }],
    ['an empty text, and spaces', { scope: '', acr: ' a  b ' }],
    ['lists that are none of words', { amr: ['a b', ''], acr: [], gty: [1] }],
    ['lists of one and of several words', { amr: ['pwd'], acr: ['x', 'openid'] }],
    ['identifiers of every form', { accountId: 'lan' }],
    ['an identifier that looks like a short one', { accountId: '=yFUYAJwPSY23swciZGyx-A' }],
    ['a UUID in capitals', { accountId: 'C8551800-9C0F-498D-B7B3-0722646CB1F8' }],
    ['a grant of scope alone', { openid: { scope: 'openid' } }],
    ['a grant of nothing but claims', { openid: { claims: ['name'] } }],
    ['a grant with what we never give', { openid: { scope: 'openid', claims: [], more: 1 } }],
    ['withheld claims', { rejected: { openid: { claims: ['name', 'other'] } } }],
    ['whatever else was withheld', { rejected: { openid: { scope: 'x', claims: ['name'] }, resources: { r: 's' } } }],
    ['moments that are none', { exp: '5', authTime: 0.5 }],
    ['fields that nobody knows yet', { t: 1, _t: 2, rar: [{ type: 'x' }], claims: { userinfo: { name: null } } }],
    ['falsehoods', { transient: false, rotations: 0, nonce: '' }],
  ])('keeps %s', (_what, fields) => {
    const payload = { kind: 'RefreshToken', iat: SINCE, scope: 'openid profile', ...fields }
    expect(roundTrip(payload)).toEqual(payload)
  })

  test('keeps the absence of what its template has', () => {
    expect(roundTrip({ iat: SINCE })).toEqual({ iat: SINCE })
    expect(roundTrip({ kind: undefined, iat: SINCE })).toEqual({ iat: SINCE })
  })

  test('has a letter for every scope and claim that we know', () => {
    const openid = { scope: KNOWN_SCOPES.join(' '), claims: claimsOf(KNOWN_SCOPES) }
    expect(JSON.stringify(shorten({ openid }, {}, 0)).length).toBe(
      '{"o":["=",["="]]}'.length + KNOWN_SCOPES.length + openid.claims.length,
    )
    expect(roundTrip({ openid })).toMatchObject({ openid })
  })
})
