import { expect, test } from '@jest/globals'
import type { AccessToken, ClientCredentials } from 'oidc-provider'
import { tokenFormats } from './access-tokens.ts'

test.each([
  ['a person', { kind: 'AccessToken', accountId: 'lan', grantId: 'g', sessionUid: 's', clientId: 'library' }],
  ['a client on its own account', { kind: 'ClientCredentials', clientId: 'library' }],
])('a JWT for %s is made only past the gate', async (_whose, fields) => {
  const asked: unknown[] = []
  const { customizers } = tokenFormats({
    gatekeeper: {
      answer: async () => ({ allowed: true, person: null, profile: null }),
      earliest: Math.min,
      beginningOf: async () => 0,
      foresee: () => undefined,
      admit: async (...asking) => {
        asked.push(asking)
        throw new Error('shut')
      },
    },
    activity: {
      issued: async () => {
        throw new Error('nothing was issued')
      },
    },
    subjectOf: async () => 'subject',
    shield: (call) => call,
  })
  const token = { aud: 'https://api.school.example/', ...fields } as AccessToken | ClientCredentials
  const made = customizers?.jwt?.({} as never, token, { payload: {} })
  await expect(made).rejects.toThrow('shut')
  const { kind, ...payload } = fields
  expect(asked).toEqual([[kind, payload]])
})
