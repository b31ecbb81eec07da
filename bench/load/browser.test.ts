import { expect, test } from '@jest/globals'
import { newBrowser } from './browser.ts'
import type { Connection, Request } from './connection.ts'

/** Answers with these cookies, one set for each request. */
function answering(...sets: string[][]) {
  const asked: Request[] = []
  const connection: Connection = {
    async ask(request) {
      asked.push(request)
      return { status: 200, location: null, cookies: sets.shift() ?? [], body: '' }
    },
    close: () => undefined,
  }
  return { connection, asked }
}

const surroundings = { origin: 'http://id.example:1', address: '198.18.0.7' }

test('cookies go back to where they came from, until they are taken away', async () => {
  const gone = 'one=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT'
  const { connection, asked } = answering(['one=1; path=/', 'two=a=b; path=/interaction/x; httponly'], [], [gone], [])
  const browser = newBrowser(surroundings)
  for (const path of ['/auth', '/interaction/x/password', '/auth', '/auth']) await browser.go(connection, path)
  const cookies = asked.map(({ headers }) => /Cookie: (.*)\r\n/.exec(headers ?? '')?.[1])
  expect(cookies).toEqual([undefined, 'one=1; two=a=b', 'one=1', undefined])
})

test('a form says which page it comes from; every request says from which household', async () => {
  const { connection, asked } = answering()
  const browser = newBrowser(surroundings)
  await browser.go(connection, 'http://id.example:1/auth/x')
  await browser.go(connection, '/form', { login: 'lan' })
  expect(asked.map(({ path }) => path)).toEqual(['/auth/x', '/form'])
  expect(asked[0]?.headers).not.toContain('Origin')
  expect(asked[1]?.headers).toContain('Origin: http://id.example:1\r\n')
  for (const { headers } of asked) expect(headers).toContain('X-Forwarded-For: 198.18.0.7\r\n')
})
