import { expect, test } from '@jest/globals'
import { LIFETIME_SECONDS as DEVICE_SECONDS } from '../devices/known-device.ts'
import { COOKIE_KEY_KEPT_SECONDS, SIGNING_KEY_KEPT_SECONDS } from '../keys/keys.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'

test('keys are kept for longer than anything that they have signed', () => {
  const { idToken, accessToken, grant, sessionRemembered } = LIFETIME_SECONDS
  expect(SIGNING_KEY_KEPT_SECONDS).toBeGreaterThan(Math.max(idToken, accessToken, grant))
  expect(COOKIE_KEY_KEPT_SECONDS).toBeGreaterThan(Math.max(sessionRemembered, DEVICE_SECONDS))
})
