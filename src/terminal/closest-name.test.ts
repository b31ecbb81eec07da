import { expect, test } from '@jest/globals'
import { closestName } from './terminal.ts'

const known = ['HOST', 'REDIS_URL', 'REDIS_URL_FILE', 'DATABASE_URL', 'first_party', 'redirect_uris']

test.each([
  ['DATABSE_URL', 'DATABASE_URL'],
  ['redis_uri', 'REDIS_URL'],
  ['firstParty', 'first_party'],
  ['redirectUri', 'redirect_uris'],
])('%s was probably meant to be %s', (typed, meant) => {
  expect(closestName(typed, known)).toBe(meant)
})

test.each(['HOME', 'HOSTNAME', 'DATABASE', 'PATH', '', 'x'.repeat(5_000)])('"%.20s" is near to none', (typed) => {
  expect(closestName(typed, known)).toBeNull()
})
