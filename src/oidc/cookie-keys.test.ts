import { expect, test } from '@jest/globals'
import Keygrip from 'keygrip'
import { sampleSecret } from '../../test/support/sample-config.ts'
import { sampleKeyrings } from '../../test/support/sample-keyrings.ts'
import { deriveKey, type Keyring } from '../keys/keys.ts'
import { cookieKeygrip } from './cookie-keys.ts'

const [present, former] = [sampleSecret('present'), sampleSecret('former')]
const data = 'campus_session=some-value'

function keygripOf(...ring: Keyring): Keygrip {
  const keys = ring.map((secret) => Buffer.from(deriveKey(secret, 'cookies')).toString('base64url'))
  return new Keygrip(keys, 'sha256')
}

function following(...ring: Keyring) {
  const rings: { cookies: Keyring; fingerprints: Keyring } = { cookies: ring, fingerprints: [sampleSecret('f1')] }
  return { rings, keys: cookieKeygrip(sampleKeyrings(rings)) }
}

test('what it signs, Keygrip verifies, and the other way round', () => {
  const { keys } = following(present, former)
  for (const text of [data, '', '雪', 'x'.repeat(5_000)]) {
    expect(keys.sign(text)).toBe(keygripOf(present).sign(text))
    expect(keys.verify(text, keygripOf(present).sign(text))).toBe(true)
  }
})

test('it tells which key has signed, so that an older signature is renewed', () => {
  const { keys } = following(present, former)
  expect(keys.index(data, keygripOf(present).sign(data))).toBe(0)
  expect(keys.index(data, keygripOf(former).sign(data))).toBe(1)
})

test.each([
  ['of a key that is not on the ring', keygripOf(sampleSecret('stranger')).sign(data)],
  ['of something else', keygripOf(present).sign(`${data}2`)],
  ['that is cut off', keygripOf(present).sign(data).slice(0, -1)],
  ['that is longer', `${keygripOf(present).sign(data)}x`],
  ['that is empty', ''],
])('a signature %s is none', (_what, signature) => {
  const { keys } = following(present, former)
  expect(keys.index(data, signature)).toBe(-1)
  expect(keys.verify(data, signature)).toBe(false)
})

test('it follows the ring while the server runs', () => {
  const { rings, keys } = following(former)
  const before = keys.sign(data)
  rings.cookies = [present, former]
  expect(keys.sign(data)).toBe(keygripOf(present).sign(data))
  expect(keys.index(data, before)).toBe(1)
  rings.cookies = [present]
  expect(keys.index(data, before)).toBe(-1)
})
