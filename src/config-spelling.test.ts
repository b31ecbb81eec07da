/** Variables that nobody reads. */
import { describe, expect, test } from '@jest/globals'
import { entry, production, read } from '../test/support/environments.ts'

describe('a configuration', () => {
  test('says of a variable that is not read any more that it can go, and starts nevertheless', () => {
    const { warnings } = read({ ...production, COOKIE_KEYS: entry('old', 1) })
    expect(warnings).toEqual([expect.stringContaining('COOKIE_KEYS is not read any more')])
  })

  test('names variables that look like a slip of the pen, and no others', () => {
    const slips = {
      DATABSE_URL: 'x',
      REDIS_URI: 'x',
      password_pepper: 'x',
      PROFLIE: 'x',
      DOCUMENT_HMAC_KEYS: 'x',
      PEPPER_FILE: 'x',
    }
    const strangers = {
      HOME: '/root',
      PATH: '/bin',
      HOSTNAME: 'h',
      USER: 'u',
      TZ: 'UTC',
      LANG: 'C',
      PWD: '/',
      TERM: 'x',
    }
    expect(read({ ...production, ...slips, ...strangers }).warnings).toEqual([
      'DATABSE_URL is not a variable of ours: did you mean DATABASE_URL?',
      'REDIS_URI is not a variable of ours: did you mean REDIS_URL?',
      'password_pepper is not a variable of ours: did you mean PASSWORD_PEPPER?',
      'DOCUMENT_HMAC_KEYS is not a variable of ours: did you mean DOCUMENT_HMAC_KEY?',
    ])
  })
})
