import { expect, test } from '@jest/globals'
import { originOf, prefixesOf } from './origin.ts'

const campus = ['10.20.0.0/16', '2001:db8:cafe::/48']

test.each([
  ['an IPv4 address', '203.0.113.7', '203.0.113.7'],
  ['an IPv4 address in IPv6 clothes', '::ffff:203.0.113.7', '203.0.113.7'],
  ['an IPv4 address in hexadecimal IPv6 clothes', '::ffff:cb00:7107', '203.0.113.7'],
  ['an IPv6 address', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['its neighbour in the same /64', '2001:0DB8:1:2:ffff::1', '2001:db8:1:2::/64'],
  ['a link-local address with a zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['nothing', '', 'unreadable'],
  ['something else', 'unix:', 'unreadable'],
])('%s counts as one address', (_what, address, name) => {
  expect(originOf(address, campus)).toEqual({ kind: 'address', name, prefixes: prefixesOf(address) })
})

test.each([
  ['10.20.3.4', '10.20.0.0/16'],
  ['::ffff:10.20.3.4', '10.20.0.0/16'],
  ['2001:db8:cafe:1::9', '2001:db8:cafe::/48'],
])('%s belongs to the campus network %s', (address, name) => {
  expect(originOf(address, campus)).toEqual({ kind: 'campus', name })
})

test('an address beside a campus network is not on it', () => {
  expect(originOf('10.21.0.1', campus).kind).toBe('address')
  expect(originOf('2001:db8:caff::1', campus).kind).toBe('address')
})

test('an IPv6 address counts by the networks that a subscriber may hold, with rising budgets', () => {
  expect(prefixesOf('2001:db8:1:2345::6')).toEqual([
    { name: '2001:db8:1:2345::/64', factor: 1 },
    { name: '2001:db8:1:2300::/56', factor: 3 },
    { name: '2001:db8:1::/48', factor: 10 },
  ])
  const names = prefixesOf('2001:db8:1:2345::6').map(({ name }) => name)
  const others = ['2001:db8:1:23ff::1', '2001:db8:1:2445::1', '2001:db8:2:2345::1'].map(prefixesOf)
  const sameAsFirst = others.map((prefixes) => prefixes.map(({ name }, at) => name === names[at]))
  expect(sameAsFirst).toEqual([
    [false, true, true],
    [false, false, true],
    [false, false, false],
  ])
})

test.each([
  ['an IPv4 address', '203.0.113.7', '203.0.113.7'],
  ['an IPv4 address in IPv6 clothes', '::ffff:203.0.113.7', '203.0.113.7'],
  ['what cannot be read', 'unix:', 'unreadable'],
])('%s counts by itself', (_what, address, name) => {
  expect(prefixesOf(address)).toEqual([{ name, factor: 1 }])
})
