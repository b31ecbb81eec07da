import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openSignInHouse, portal, type SignInHouse, sampleVisit } from '../../test/support/sign-in-house.ts'
import { loadAssets } from './assets.ts'

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'&{{7*7}}`

let house: SignInHouse
beforeAll(async () => {
  house = await openSignInHouse({
    visits: [
      sampleVisit('v1'),
      sampleVisit('english', { params: { ui_locales: 'fr en' } }),
      sampleVisit('hostile', {
        client: { ...portal, name: hostile, nameIn: { en: hostile } },
        params: { login_hint: hostile, ui_locales: hostile },
      }),
    ],
    clock: () => new Date(),
  })
})
afterAll(() => house.close())

const html = { accept: 'text/html' }
const page = async (path: string, headers: Record<string, string> = {}) =>
  house.send(path, { headers: { ...html, ...headers } })

describe('languages', () => {
  test('the browser’s, and the relying party’s before it', async () => {
    expect((await page('/interaction/v1', { 'accept-language': 'en-US' })).body).toContain('<html lang="en">')
    expect((await page('/interaction/english', { 'accept-language': 'zh-CN' })).body).toContain('<html lang="en">')
    expect((await page('/interaction/v1')).body).toContain('<html lang="zh-CN">')
  })

  test('a choice from the menu is shown at once and kept in a cookie', async () => {
    const { body, headers } = await page('/interaction/v1?lang=en', { 'accept-language': 'zh-CN' })
    expect(body).toContain('<html lang="en">')
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^__Host-campus_language=en; path=\/; expires=[^;]+; samesite=lax; secure; httponly$/),
    ])
    const later = await page('/interaction/v1', { cookie: '__Host-campus_language=en' })
    expect(later.body).toContain('<html lang="en">')
    expect(later.headers['set-cookie']).toBeUndefined()
  })

  test.each(['fr', '', '%3Cscript%3E', 'en&lang=zh-CN'])('?lang=%s is no choice', async (lang) => {
    const { headers } = await page(`/interaction/v1?lang=${lang}`)
    expect(headers['set-cookie']).toBeUndefined()
  })

  test('the menu leads back to where one stands, with what the address says', async () => {
    const { body } = await page('/session/end?client_id=demo-club&state=a%26b')
    expect(body).toContain('href="?client_id=demo-club&amp;state=a%26b&amp;lang=en"')
  })

  test('the menu under the answer to a form leads to the page of the form', async () => {
    const { body } = await house.post('/interaction/v1/password', { login: '', password: '' })
    expect(body).toContain('href="/interaction/v1?lang=en"')
  })

  test.each(['/.//evil.example', '//evil.example/x', '/interaction/..//evil.example', '/%2f%2fevil.example'])(
    'the menu cannot lead to another site from %s',
    async (path) => {
      const { body } = await page(path)
      const links = [...body.matchAll(/href="([^"]*)" lang=/g)].map(([, href]) => href)
      expect(links).toEqual(['?lang=zh-CN', '?lang=en'])
    },
  )
})

describe('what others wrote', () => {
  test.each([
    ['on the sign-in page', '/interaction/hostile'],
    ['on the sign-out page', '/session/end'],
  ])('is text and nothing else %s', async (_what, path) => {
    const { body } = await page(path)
    const tags = [...body.matchAll(/<(\w+)/g)].map(([, tag]) => tag)
    expect(tags.filter((tag) => tag === 'script')).toHaveLength(1)
    expect(tags.filter((tag) => tag === 'img')).toHaveLength(1)
    expect(tags).not.toContain('b')
  })

  test('is text and nothing else when it comes back from a form', async () => {
    const { body } = await house.post('/interaction/v1/password', { login: hostile, password: hostile })
    expect(body).toContain('value="&quot;>&lt;script>')
    expect(body.match(/<script/g)).toHaveLength(1)
  })
})

describe('assets', () => {
  const assets = loadAssets()
  const style = assets.path('style.css')

  test('are kept for ever under a name that says what they hold', async () => {
    expect(style).toMatch(/^\/assets\/style\.[\w-]{12}\.css$/)
    const { status, headers } = await house.send(style)
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/css; charset=utf-8',
      vary: 'Accept-Encoding',
      'x-content-type-options': 'nosniff',
    })
    expect(headers['set-cookie']).toBeUndefined()
  })

  test.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ])('come compressed as %s, and are the same', async (encoding, decompress) => {
    const response = await fetch(`http://127.0.0.1:${house.port}${style}`, { headers: { 'accept-encoding': encoding } })
    expect(response.headers.get('content-encoding')).toBe(encoding)
    const asset = assets.at(style)
    const coded = encoding === 'br' ? asset?.encodings.br : asset?.encodings.gzip
    expect(decompress(coded ?? Buffer.alloc(0))).toEqual(asset?.encodings.identity)
    expect(await response.text()).toBe(asset?.encodings.identity.toString())
  })

  test('are not sent again to whoever has them', async () => {
    const { headers } = await house.send(style, { headers: { 'accept-encoding': 'br' } })
    const again = await house.send(style, {
      headers: { 'accept-encoding': 'br', 'if-none-match': String(headers.etag) },
    })
    expect([again.status, again.body]).toEqual([304, ''])
    const other = await house.send(style, {
      headers: { 'accept-encoding': 'gzip', 'if-none-match': String(headers.etag) },
    })
    expect(other.status).toBe(200)
  })

  test.each(['/assets/style.css', '/assets/../app.ts', '/assets/%2e%2e/app.ts', '/assets/'])(
    'hold nothing at %s',
    async (path) => expect((await house.send(path)).status).toBe(404),
  )
})

test('the first sign-in page weighs less than 40 kB with all that it loads', async () => {
  const assets = loadAssets()
  const names = ['style.css', 'page.js', 'mark.svg'] as const
  const loaded = names.map((name) => assets.at(assets.path(name))?.encodings.gzip.length ?? Number.NaN)
  const { body } = await page('/interaction/v1')
  const bytes = loaded.reduce((sum, size) => sum + size, gzipSync(body).length)
  expect(bytes).toBeLessThan(40_000)
})

test('a page has no inline style or script, which the policy would stop', async () => {
  for (const path of ['/', '/interaction/v1', '/session/end', '/nowhere']) {
    const { body } = await page(path)
    expect(body).not.toMatch(/<style| style=| on\w+=|<script>|javascript:/)
  }
})
