import { createHmac } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { sampleSecret } from '../../test/support/sample-config.ts'
import { createFingerprint, deriveKey, type Keyring } from './keys.ts'

const [first, second] = [sampleSecret('f1'), sampleSecret('f2')]

test('a fingerprint is the same every time, and another for each text, purpose and secret', () => {
  const [one, other] = [createFingerprint(() => [first]), createFingerprint(() => [second])]
  const made = createHmac('sha256', deriveKey(first, 'visits')).update('兰').digest('base64url')
  expect([one('visits', '兰'), one('visits', '兰')]).toEqual([made, made])
  expect(new Set([made, one('visits', 'mei'), one('visitor', '兰'), other('visits', '兰')]).size).toBe(4)
})

test('whichever key is the first makes the fingerprint, from that moment on and also when it comes back', () => {
  let ring: Keyring = [first, second]
  const fingerprint = createFingerprint(() => ring)
  const before = fingerprint('visits', 'lan')
  ring = [second, first]
  expect(fingerprint('visits', 'lan')).toBe(createFingerprint(() => [second])('visits', 'lan'))
  ring = [first]
  expect(fingerprint('visits', 'lan')).toBe(before)
})

test('the name of a secret says nothing about its value', () => {
  let ring: Keyring = [first]
  const fingerprint = createFingerprint(() => ring)
  const before = fingerprint('visits', 'lan')
  ring = [{ ...second, id: first.id }]
  expect(fingerprint('visits', 'lan')).not.toBe(before)
})
