import { describe, expect, test } from '@jest/globals'
import { readAnswer } from './answer.ts'

const redirect = [
  'HTTP/1.1 303 See Other',
  'Location: /interaction/abc',
  'Set-Cookie: interaction=1; path=/interaction/abc; httponly',
  'set-cookie: resume=2; path=/auth/abc',
  'Content-Length: 5',
  '',
  'hello',
].join('\r\n')

describe('an answer', () => {
  test('is read with its cookies, its way on and its body', () => {
    expect(readAnswer(redirect)).toEqual({
      length: redirect.length,
      answer: {
        status: 303,
        location: '/interaction/abc',
        cookies: ['interaction=1; path=/interaction/abc; httponly', 'resume=2; path=/auth/abc'],
        body: 'hello',
      },
    })
  })

  test('is waited for until the last byte of its body has come', () => {
    for (const end of [10, redirect.length - 6, redirect.length - 1])
      expect(readAnswer(redirect.slice(0, end))).toBeNull()
  })

  test('ends where the next one begins', () => {
    expect(readAnswer(redirect + redirect)?.length).toBe(redirect.length)
  })

  test.each([204, 304])('of status %i has no body, and announces none', (status) => {
    expect(readAnswer(`HTTP/1.1 ${status} Nothing\r\nETag: "x"\r\n\r\n`)?.answer).toMatchObject({ status, body: '' })
  })

  test('whose length is not announced cannot be read', () => {
    expect(() => readAnswer('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')).toThrow('Content-Length')
  })
})
