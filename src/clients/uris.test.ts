import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { httpsUriMistake, logoutUriMistake, redirectUriMistake } from './uris.ts'

describe('a redirect address', () => {
  test.each([
    ['web', 'https://app.example.edu.cn/callback'],
    ['web', 'https://app.example.edu.cn'],
    ['web', 'https://app.example.edu.cn:8443/a/b?tenant=1&x=%2F'],
    ['web', 'http://127.0.0.1:3001/callback'],
    ['web', 'http://[::1]:3001/callback'],
    ['native', 'http://127.0.0.1/callback'],
    ['native', 'http://localhost:8400/callback'],
    ['native', 'cn.edu.example.app:/callback'],
    ['native', 'cn.edu.example.app://callback'],
    ['native', 'https://app.example.edu.cn/claimed'],
  ] as const)('of a %s application may be %s', (type, uri) => {
    expect(redirectUriMistake(uri, type)).toBeNull()
  })

  test.each([
    ['http://app.example.edu.cn/callback', 'https'],
    ['http://127.0.0.1.example.cn/callback', 'https'],
    ['http://127.0.0.2/callback', 'https'],
    ['http://localhost:3001/callback', '127.0.0.1'],
    ['cn.edu.example.app:/callback', 'native'],
    ['https://app.example.edu.cn/callback#top', 'fragment'],
    ['https://app.example.edu.cn/callback#', 'fragment'],
    ['https://*.example.edu.cn/callback', 'wildcards'],
    ['https://app.example.edu.cn/*', 'wildcards'],
    ['https://user@app.example.edu.cn/', 'user'],
    ['https://user:word@app.example.edu.cn/', 'user'],
    ['https://@app.example.edu.cn/', 'user'],
    ['https://app.example.edu.cn/a/../callback', '..'],
    ['https://app.example.edu.cn/a/%2E%2e/callback', '..'],
    ['https://app.example.edu.cn/a/..%2fcallback', '..'],
    ['https://app.example.edu.cn\\@evil.example/', 'user'],
    ['https:app.example.edu.cn/callback', 'normal form'],
    ['HTTPS://app.example.edu.cn/callback', 'normal form'],
    ['https://APP.example.edu.cn/callback', 'normal form'],
    ['https://app.example.edu.cn:443/callback', 'normal form'],
    ['http://0x7f.1/callback', 'normal form'],
    ['http://2130706433/callback', 'normal form'],
    ['https://app.example.edu.cn./callback', 'dot at its end'],
    ['https://门户.example.edu.cn/callback', 'ASCII'],
    ['https://app.example.edu.cn/call back', 'ASCII'],
    [' https://app.example.edu.cn/callback', 'ASCII'],
    ['https://app.example.edu.cn/callback\n', 'ASCII'],
    ['//app.example.edu.cn/callback', 'absolute'],
    ['/callback', 'absolute'],
    ['', 'ASCII'],
    [`https://app.example.edu.cn/${'a'.repeat(2_048)}`, '2048'],
  ])('of a web application may not be %j', (uri, hint) => {
    expect(redirectUriMistake(uri, 'web')).toContain(hint)
  })

  test.each([
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'JaVaScRiPt://app.example.edu.cn/%0aalert(1)',
    'data:text/html,x',
    'DATA:text/html;base64,eA==',
    'vbscript:x',
    'blob:https://app.example.edu.cn/1',
    'file:///etc/passwd',
    'about:blank',
    'ftp://app.example.edu.cn/',
    'app:/callback',
    'myapp://callback',
    'https://127.0.0.1/callback',
    'http://app.example.edu.cn/callback',
  ])('is never %s, for neither kind of application', (uri) => {
    expect(redirectUriMistake(uri, 'native')).not.toBeNull()
    if (!uri.startsWith('https://127')) expect(redirectUriMistake(uri, 'web')).not.toBeNull()
  })

  test('and no mutation of one are both good and the same', () => {
    const registered = 'https://app.example.edu.cn/sign-in/callback?tenant=east'
    const target = new URL(registered).href
    const pieces = [
      '/',
      '//',
      './',
      '../',
      '%2e%2e/',
      '%2F',
      '\\',
      '#',
      '?',
      '&',
      '@',
      'evil@',
      ':443',
      '.',
      '*',
      ' ',
      '\t',
    ]
    const piece = fc.oneof(fc.constantFrom(...pieces, '\u0000', '\u202e', '%00', 'A'), fc.string({ maxLength: 3 }))
    const insert = fc.tuple(fc.nat(registered.length), piece).map(([index, text]) => {
      return registered.slice(0, index) + text + registered.slice(index)
    })
    const replace = fc.tuple(fc.nat(registered.length - 1), piece).map(([index, text]) => {
      return registered.slice(0, index) + text + registered.slice(index + 1)
    })
    const recase = fc.nat(registered.length - 1).map((index) => {
      return registered.slice(0, index) + registered.slice(index).toUpperCase()
    })
    const encode = fc.nat(registered.length - 1).map((index) => {
      const code = registered.charCodeAt(index).toString(16)
      return `${registered.slice(0, index)}%${code}${registered.slice(index + 1)}`
    })
    fc.assert(
      fc.property(fc.oneof(insert, replace, recase, encode), (mutation) => {
        fc.pre(mutation !== registered)
        const isGood = redirectUriMistake(mutation, 'web') === null
        expect(isGood && new URL(mutation).href === target).toBe(false)
      }),
      { numRuns: 1_000 },
    )
  })
})

test('what a person follows from our pages is https', () => {
  expect(httpsUriMistake('https://www.example.edu.cn/help')).toBeNull()
  expect(httpsUriMistake('http://127.0.0.1/help')).toContain('https')
  expect(httpsUriMistake('javascript:alert(1)')).toContain('https')
})

test('a logout token is posted to https, or to the same machine by address', () => {
  expect(logoutUriMistake('https://app.example.edu.cn/logout')).toBeNull()
  expect(logoutUriMistake('http://127.0.0.1:3001/backchannel-logout')).toBeNull()
  expect(logoutUriMistake('http://localhost:3001/backchannel-logout')).toContain('https')
  expect(logoutUriMistake('cn.edu.example:/logout')).toContain('https')
  expect(logoutUriMistake('https://app.example.edu.cn/logout#x')).toContain('fragment')
})
