import { expect, test } from '@jest/globals'
import { random } from '../../test/support/provider-world.ts'
import { sampleKeyrings } from '../../test/support/sample-keyrings.ts'
import { createLocators, isSessionName, type LocatedModel, sessionOfCookie, sessionOfGrant } from './locators.ts'

const locators = createLocators({ random, keyrings: sampleKeyrings() })
const MODELS: LocatedModel[] = ['AuthorizationCode', 'AccessToken', 'RefreshToken']

test('a token leads to its session, its family and its generation', () => {
  const place = { uid: locators.newSession(), family: locators.newFamily(), generation: 4_000_000_000 }
  for (const model of MODELS) expect(locators.locate(model, locators.newToken(model, place))).toEqual(place)
})

test('a token is of one kind, and of no installation but its own', () => {
  const uid = locators.newSession()
  const elsewhere = createLocators({ random, keyrings: { ...sampleKeyrings(), fingerprint: () => 'A'.repeat(43) } })
  for (const model of MODELS) {
    const token = locators.newToken(model, { uid })
    for (const other of MODELS) expect(locators.locate(other, token) === null).toBe(other !== model)
    expect(elsewhere.locate(model, token)).toBeNull()
  }
})

test('two tokens of one session have nothing in common', () => {
  const uid = locators.newSession()
  const [one, other] = [locators.newToken('AccessToken', { uid }), locators.newToken('AccessToken', { uid })]
  const alike = Array.from(one).filter((character, at) => character === other[at])
  // By chance, one in 64.
  expect(alike.length).toBeLessThan(12)
  expect(one).not.toContain(uid)
})

test.each(['', 'x', 'x'.repeat(43), 'x'.repeat(68), 'x'.repeat(69), `${'x'.repeat(67)}.`, 'é'.repeat(68)])(
  '%j leads nowhere',
  (token) => {
    for (const model of MODELS) expect(locators.locate(model, token)).toBeNull()
  },
)

test('cookies and grants carry the name of their session in clear, and nothing else does', () => {
  const uid = locators.newSession()
  expect(isSessionName(uid)).toBe(true)
  expect(sessionOfCookie(locators.newCookie(uid))).toBe(uid)
  expect(sessionOfGrant(locators.newGrant(uid))).toBe(uid)
  for (const other of ['', uid, 'x'.repeat(43), `${uid}.`, `${uid}.toolong`]) {
    expect([sessionOfCookie(other), sessionOfGrant(other)]).toEqual([null, null])
  }
})
