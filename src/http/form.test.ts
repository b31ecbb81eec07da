import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type House, openHouse } from '../../test/support/house.ts'
import { parseForm, readForm } from './form.ts'
import type { Room } from './room.ts'

const room: Room = {
  mount(router) {
    router.post('/form', async (ctx) => {
      ctx.body = Object.fromEntries(await readForm(ctx))
    })
  },
}

let house: House
beforeAll(async () => {
  house = await openHouse({ rooms: [room] })
})
afterAll(() => house.close())

const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  house.send('/form', {
    method: 'POST',
    headers: { origin: house.config.issuer, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  })

const parse = (body: string) => Object.fromEntries(parseForm(Buffer.from(body)))
const code = (body: string | Buffer) => {
  try {
    parseForm(Buffer.from(body))
    return null
  } catch (error) {
    return error instanceof Error ? error.message : error
  }
}

test('what a browser posts comes out as it was typed', () => {
  expect(parse('login=%E5%BC%A0+%E4%B8%89&password=a%2Bb%26c%3D%25&remember=yes&empty=&bare')).toEqual({
    login: '张 三',
    password: 'a+b&c=%',
    remember: 'yes',
    empty: '',
    bare: '',
  })
  expect(parse('')).toEqual({})
  expect(parse('&&a=1&')).toEqual({ a: '1' })
})

test('a name that objects have already is a field like any other', () => {
  expect(parseForm(Buffer.from('__proto__=1&constructor=2')).get('__proto__')).toBe('1')
})

test.each([
  ['a field that is there twice', 'a=1&a=2'],
  ['a field that is there twice, written differently', 'a=1&%61=2'],
  ['a broken escape', 'a=%zz'],
  ['a cut escape', 'a=%E5%BC'],
  ['an overlong form of a slash', 'a=%C0%AF'],
  ['half of a surrogate pair', 'a=%ED%A0%80'],
  ['bytes that are no UTF-8', Buffer.from([0x61, 0x3d, 0xff, 0xfe])],
  ['a NUL', 'a=b%00c'],
  ['more fields than any form has', Array.from({ length: 33 }, (_, at) => `f${at}=1`).join('&')],
])('%s is malformed', (_what, body) => {
  expect(code(body)).toBe('malformed_body')
})

test('names and values are capped', () => {
  expect(code(`${'n'.repeat(65)}=1`)).toBe('parameter_too_long')
  expect(code(`a=${'v'.repeat(4097)}`)).toBe('parameter_too_long')
  expect(code(`a=${'v'.repeat(4096)}`)).toBeNull()
})

test('a form of 16 KiB is read, one byte more is 413, announced or not', async () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const filled = (bytes: number) => {
    const body = names.map((name) => `${name}=${'x'.repeat(3270)}`).join('&')
    return body.slice(0, bytes).padEnd(bytes, 'x')
  }
  expect((await post(filled(16 * 1024))).status).toBe(200)
  expect((await post(filled(16 * 1024 + 1))).status).toBe(413)
  const streamed = await post(filled(16 * 1024 + 1), { 'transfer-encoding': 'chunked' })
  expect([streamed.status, streamed.headers.connection]).toEqual([413, 'close'])
})

test('a body that never ends is refused as soon as it is too long', async () => {
  const head = ['POST /form HTTP/1.1', 'Host: id.school.example', `Origin: ${house.config.issuer}`]
  const type = ['Content-Type: application/x-www-form-urlencoded', 'Transfer-Encoding: chunked', '', '']
  const chunk = `8000\r\na=${'x'.repeat(0x8000 - 2)}\r\n`
  expect(await house.raw([...head, ...type].join('\r\n') + chunk)).toMatch(/^HTTP\/1.1 413 /)
})

test('only forms are read: nothing else, nothing compressed, nothing at all is refused', async () => {
  const statuses = await Promise.all([
    post('{"a":1}', { 'content-type': 'application/json' }),
    post('a=1', { 'content-type': 'multipart/form-data; boundary=x' }),
    post('a=1', { 'content-type': 'text/plain' }),
    post('a=1', { 'content-encoding': 'gzip' }),
  ])
  expect(statuses.map(({ status }) => status)).toEqual([400, 400, 400, 400])
  expect((await post('a=1', { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' })).status).toBe(200)
})
