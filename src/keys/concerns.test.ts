import { expect, test } from '@jest/globals'
import { sampleConfig, sampleSecret } from '../../test/support/sample-config.ts'
import { sampleKey } from '../../test/support/sample-key.ts'
import { keyConcerns } from './keys.ts'

const DAY_SECONDS = 24 * 60 * 60
const config = sampleConfig({ keyEncryptionKeys: [sampleSecret('k2'), sampleSecret('k1')], keyRotationDays: 90 })
const begun = new Date('2026-01-01T00:00:00Z')
const after = (days: number) => new Date(begun.getTime() + days * DAY_SECONDS * 1_000)
const keys = [sampleKey('es', 'ES256', { activeFrom: begun, sealedBy: 'k2' })]

test('keys that are rotated in time and sealed by the present secret are none', () => {
  expect(keyConcerns(keys, config, after(90))).toEqual([])
})

test('a key that should have been followed for more than a day is one', () => {
  expect(keyConcerns(keys, config, after(91))).toEqual([{ kind: 'overdue', purpose: 'ES256', since: after(90) }])
  expect(keyConcerns(keys, { ...config, keyRotationDays: 0 }, after(900))).toEqual([])
})

test('the key of fingerprints, which is never followed, is none', () => {
  const fingerprints = sampleKey('f', 'fingerprints', { activeFrom: begun, sealedBy: 'k2' })
  expect(keyConcerns([fingerprints], config, after(900))).toEqual([])
})

test('keys that an earlier secret has sealed are one, and those that none can open another', () => {
  const sealed = ['k1', 'k1', 'k0', 'k2'].map((sealedBy, index) => sampleKey(`c${index}`, 'cookies', { sealedBy }))
  expect(keyConcerns(sealed, { ...config, cookieKeyRotationDays: 0 }, begun)).toEqual([
    { kind: 'sealed_before', sealedBy: 'k1', count: 2 },
    { kind: 'not_opened', sealedBy: 'k0', count: 1 },
  ])
})
