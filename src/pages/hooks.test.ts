/** What programs that sign in go by (docs/integration/conformance.md): it stays as it is. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { club, openSignInHouse, type SignInHouse, sampleVisit } from '../../test/support/sign-in-house.ts'

let house: SignInHouse
beforeAll(async () => {
  const prompt = { name: 'consent' as const, reasons: [], scopes: ['openid'], claims: [], fields: [] }
  const visits = [sampleVisit('login'), sampleVisit('consent', { client: club, personId: 'lan', prompt })]
  house = await openSignInHouse({ visits, clock: () => new Date() })
})
afterAll(() => house.close())

const page = async (path: string) => (await house.send(path, { headers: { accept: 'text/html' } })).body
const times = (body: string, pattern: RegExp) => [...body.matchAll(pattern)].length

test('the sign-in page has the fields login and password, and one button login-submit', async () => {
  const body = await page('/interaction/login')
  for (const pattern of [/<input[^>]* name="login"/g, /<input[^>]* name="password"/g])
    expect(times(body, pattern)).toBe(1)
  expect(times(body, /<button[^>]* class="[^"]*\blogin-submit\b/g)).toBe(1)
  expect(body).not.toContain('error-title')
})

test('the consent page has one button with the answer allow', async () => {
  const body = await page('/interaction/consent/consent')
  expect(times(body, /<button[^>]* name="answer" value="allow"/g)).toBe(1)
})

test('the sign-out page has one button that leaves, and it has the focus', async () => {
  const body = await page('/session/end')
  expect(times(body, /<button[^>]* name="logout" value="yes"[^>]* autofocus/g)).toBe(1)
})

test.each(['/nowhere', '/interaction/gone', '/auth', '/broken', '/busy', '/visit-over?way=here'])(
  'an error page (%s) has one error-title',
  async (path) => {
    expect(times(await page(path), /<h1 class="error-title">/g)).toBe(1)
  },
)
