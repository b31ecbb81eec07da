import { expect, test } from '@jest/globals'
import { portal } from '../../test/support/sign-in-house.ts'
import { clientName, linkTo } from './client-name.ts'
import { translator } from './messages.ts'

test('a client is called by its name in the language of the reader, or by the one that it has', () => {
  const client = { ...portal, name: '门户', nameIn: { en: 'Portal', 'zh-CN': '校园门户' } }
  expect(clientName(client, translator('zh-CN'))).toBe('校园门户')
  expect(clientName(client, translator('en'))).toBe('Portal')
  expect(clientName({ ...client, nameIn: { zh: '门户网站' } }, translator('zh-CN'))).toBe('门户网站')
  expect(clientName({ ...client, nameIn: {} }, translator('en'))).toBe('门户')
})

test('only addresses of the web become links', () => {
  expect(linkTo('https://portal.school.example/a b')).toBe('https://portal.school.example/a%20b')
  for (const uri of [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    ' vbscript:x',
    '/relative',
    '',
    null,
  ]) {
    expect(linkTo(uri)).toBeNull()
  }
})
