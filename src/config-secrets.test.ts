import { describe, expect, test } from '@jest/globals'
import { entry, inProduction, material, mistakes, production, read } from '../test/support/environments.ts'

describe('secrets', () => {
  const documentKeys = (text: string) => inProduction({ DOCUMENT_HMAC_KEY: text })

  test('are a ring whose first entry is the present one', () => {
    const { config } = read({ ...production, DOCUMENT_HMAC_KEY: `${entry('new', 10)}, ${entry('old', 11)}` })
    expect(config.documentHmacKeys.map(({ id }) => id)).toEqual(['new', 'old'])
    expect(config.documentHmacKeys[0].value).toEqual(new Uint8Array(material(10)))
  })

  test('may be written in either base64 alphabet', () => {
    const { config } = read({ ...production, DOCUMENT_HMAC_KEY: `a:${material(12).toString('base64')}` })
    expect(config.documentHmacKeys[0].value).toEqual(new Uint8Array(material(12)))
  })

  test.each([
    ['without an identifier', material(1).toString('base64url'), 'entries "identifier:base64url"'],
    ['with an odd identifier', `a b:${material(1).toString('base64url')}`, 'entries "identifier:base64url"'],
    ['that are not base64url', 'a:%%%', 'entries "identifier:base64url"'],
    ['with an empty entry', `${entry('a', 13)},`, 'entries "identifier:base64url"'],
    ['that are short', `a:${material(1, 31).toString('base64url')}`, 'at least 32 bytes in entry 1'],
    ['whose identifiers repeat', `${entry('a', 14)},${entry('a', 15)}`, 'identifiers that differ; that of entry 2'],
    ['of zeros', `a:${Buffer.alloc(32).toString('base64url')}`, 'random bytes instead of a sample'],
    ['of one byte repeated', `a:${Buffer.alloc(48, 0xa7).toString('base64url')}`, 'random bytes instead of a sample'],
    [
      'of a short block repeated',
      `a:${Buffer.concat([material(1, 16), material(1, 16)]).toString('base64url')}`,
      'random',
    ],
    ['that count', `a:${Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('base64url')}`, 'random bytes'],
    [
      'that somebody typed',
      `a:${Buffer.from('Correct horse, battery staple! 0123').toString('base64')}`,
      'random bytes',
    ],
    ['copied from a document', `a:${material(1, 30).toString('base64url')}EXAMPLE`, 'random bytes instead of a sample'],
    ['left to be replaced', `a:REPLACE-ME${material(1).toString('base64url')}`, 'random bytes instead of a sample'],
  ])('are refused %s', (_, text, expected) => {
    expect(documentKeys(text)).toEqual([expect.stringContaining(`DOCUMENT_HMAC_KEY: ${expected}`)])
  })

  test('are refused when two variables share one', () => {
    expect(documentKeys(entry('x', 3))).toEqual([
      'DOCUMENT_HMAC_KEY: a value of its own in entry 1: PASSWORD_PEPPER has the same',
    ])
  })

  test('pass when they are random', () => {
    for (let round = 0; round < 500; round += 1) {
      const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
      expect(documentKeys(`a:${key}`)).toEqual([])
    }
  })

  test('may come from files', () => {
    const files = { '/run/secrets/document': `${entry('filed', 16)}\n`, '/srv/campus-id/url': 'postgres://db/campus\n' }
    const environment = { ...production, DOCUMENT_HMAC_KEY: undefined, DATABASE_URL: undefined }
    const { config } = read(
      { ...environment, DOCUMENT_HMAC_KEY_FILE: '/run/secrets/document', DATABASE_URL_FILE: 'url' },
      files,
    )
    expect(config.documentHmacKeys[0].id).toBe('filed')
    expect(config.database).toEqual({ kind: 'postgres', url: 'postgres://db/campus' })
  })

  test('are not taken from a file and from the environment at once', () => {
    expect(mistakes({ ...production, DOCUMENT_HMAC_KEY_FILE: '/run/secrets/document' })).toEqual([
      'DOCUMENT_HMAC_KEY_FILE: either DOCUMENT_HMAC_KEY or DOCUMENT_HMAC_KEY_FILE, not both',
    ])
  })

  test('in a file that cannot be read are one mistake, not two', () => {
    const environment = { ...production, DOCUMENT_HMAC_KEY: undefined, DATABASE_URL: undefined, PROFILE: undefined }
    expect(
      mistakes({ ...environment, DOCUMENT_HMAC_KEY_FILE: '/gone', DATABASE_URL_FILE: '/empty' }, { '/empty': '\n' }),
    ).toEqual([
      'DOCUMENT_HMAC_KEY_FILE: a file that this process may read and that is not empty',
      'DATABASE_URL_FILE: a file that this process may read and that is not empty',
    ])
  })
})
