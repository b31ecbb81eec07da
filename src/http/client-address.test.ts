import { expect, test } from '@jest/globals'
import { createAddresses } from './client-address.ts'

const addresses = createAddresses(['10.0.0.0/8', 'fd00::/8'])
const asked = (peer: string | undefined, forwardedFor?: string) => ({
  socket: { remoteAddress: peer },
  headers: { 'x-forwarded-for': forwardedFor },
})
const from = (peer: string, forwardedFor?: string) => addresses.clientAddress(asked(peer, forwardedFor))

test('what a stranger writes into X-Forwarded-For counts for nothing', () => {
  expect(from('203.0.113.9', '198.51.100.1')).toBe('203.0.113.9')
  expect(from('2001:db8::9', '10.0.0.1')).toBe('2001:db8::9')
})

test('behind proxies of ours it is the rightmost hop that is not one of them', () => {
  expect(from('10.0.0.1', '203.0.113.9')).toBe('203.0.113.9')
  expect(from('10.0.0.1', '203.0.113.9, 10.2.3.4, fd00::5')).toBe('203.0.113.9')
  expect(from('10.0.0.1', '198.51.100.1, 203.0.113.9')).toBe('203.0.113.9')
})

test('people inside the network of the proxies are seen as themselves', () => {
  expect(from('10.0.0.1', '10.9.9.9')).toBe('10.9.9.9')
})

test('a hop that is no address ends the walk at the proxy before it', () => {
  expect(from('10.0.0.1', 'unknown')).toBe('10.0.0.1')
  expect(from('10.0.0.1', '203.0.113.9, evil"><script>, 10.2.2.2')).toBe('10.2.2.2')
  expect(from('10.0.0.1', '')).toBe('10.0.0.1')
  expect(from('10.0.0.1')).toBe('10.0.0.1')
})

test('ports, brackets and IPv4 inside IPv6 are one and the same address', () => {
  expect(from('::ffff:10.0.0.1', '203.0.113.9:51234')).toBe('203.0.113.9')
  expect(from('10.0.0.1', '[2001:db8::9]:443')).toBe('2001:db8::9')
  expect(from('::ffff:203.0.113.9', '198.51.100.1')).toBe('203.0.113.9')
  expect(from('10.0.0.1', '2001:0DB8:0:0::9')).toBe('2001:db8::9')
})

test('a connection that has gone has no address', () => {
  expect(addresses.clientAddress(asked(undefined))).toBe('')
  expect(addresses.isFromProxy(asked(undefined))).toBe(false)
})

test('an address that is written in an odd way is none', () => {
  for (const odd of ['0177.0.0.1', '0x7f.0.0.1', '2130706433', '127.1']) expect(from('10.0.0.1', odd)).toBe('10.0.0.1')
})

test('of one connection the requests have their own senders, also when its other end has gone meanwhile', () => {
  const { socket } = asked('10.0.0.1')
  const first = { socket, headers: { 'x-forwarded-for': '203.0.113.1' } }
  const second = { socket, headers: { 'x-forwarded-for': '203.0.113.2' } }
  expect([first, second, first].map(addresses.clientAddress)).toEqual(['203.0.113.1', '203.0.113.2', '203.0.113.1'])
  socket.remoteAddress = undefined
  const third = { socket, headers: { 'x-forwarded-for': '203.0.113.3' } }
  expect(addresses.clientAddress(third)).toBe('203.0.113.3')
})

test('a proxy is known by its own address and not by what it says', () => {
  expect(addresses.isFromProxy(asked('10.2.3.4', '203.0.113.1'))).toBe(true)
  expect(addresses.isFromProxy(asked('::ffff:10.2.3.4'))).toBe(true)
  expect(addresses.isFromProxy(asked('203.0.113.1', '10.2.3.4'))).toBe(false)
})
