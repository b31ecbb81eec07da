import { createHmac } from 'node:crypto'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import Koa, { type Context } from 'koa'
import { sampleConfig, sampleSecret } from '../../test/support/sample-config.ts'
import { sampleKeyrings } from '../../test/support/sample-keyrings.ts'
import { deriveKey, type Keyring, type Secret } from '../keys/keys.ts'
import { introduceDevice, readKnownDevice } from './devices.ts'

const lan = '7d0f8c1e-0000-4000-8000-000000000001'
const qiang = '7d0f8c1e-0000-4000-8000-000000000002'
const key = sampleSecret('c1')

function world(keys: Keyring = [key]) {
  let now = Date.parse('2026-09-01T00:00:00Z')
  let made = 0
  return {
    config: sampleConfig(),
    keyrings: sampleKeyrings({ cookies: keys, fingerprints: [sampleSecret('f1')] }),
    clock: () => new Date(now),
    random: { token: () => `a-random-identifier-${++made}`, uuid: () => 'uuid' },
    pass: (days: number) => {
      now += days * 24 * 60 * 60 * 1_000
    },
  }
}

/** A request with this Cookie header, as the house hands it to a room: on https, for its cookies. */
function request(cookie = ''): Context {
  const app = new Koa()
  app.keys = ['keys of the house']
  const incoming = new IncomingMessage(new Socket())
  incoming.headers = { cookie }
  const ctx = app.createContext(incoming, new ServerResponse(incoming))
  ctx.cookies.secure = true
  return ctx
}

/** The whole Set-Cookie headers of an answer. */
function set(ctx: Context): string[] {
  const header = ctx.response.get('Set-Cookie')
  return Array.isArray(header) ? header : [header]
}

/** What the browser sends back after that answer. */
function remembered(needs: ReturnType<typeof world>, personId: string, cookie = ''): string {
  const ctx = request(cookie)
  introduceDevice(needs, ctx, personId, needs.clock()).remember()
  return set(ctx)[0]?.split(';')[0] ?? ''
}

test('a browser that nobody has signed in on is not known', () => {
  expect(readKnownDevice(world(), request())).toBeNull()
})

test('a success makes the device known for that person and for nobody else', () => {
  const needs = world()
  const device = readKnownDevice(needs, request(remembered(needs, lan)))
  expect(device?.id).toBe('a-random-identifier-1')
  expect(device?.knows(lan)).toBe(true)
  expect(device?.knows(qiang)).toBe(false)
})

test('it says of each person for itself since when it knows them', () => {
  const needs = world()
  const first = remembered(needs, lan)
  const afterLan = needs.clock()
  needs.pass(1)
  const second = remembered(needs, qiang, first)
  const before = new Date(afterLan.getTime() - 1)
  const both = readKnownDevice(needs, request(second))
  expect([both?.knows(lan, before), both?.knows(qiang, before)]).toEqual([true, true])
  expect([both?.knows(lan, afterLan), both?.knows(qiang, afterLan)]).toEqual([false, true])
  const again = readKnownDevice(needs, request(remembered(needs, lan, second)))
  expect([again?.knows(lan, afterLan), again?.knows(qiang, afterLan)]).toEqual([true, true])
})

test('the cookie is for the whole host, for 400 days, and not for scripts or other sites', () => {
  const ctx = request()
  introduceDevice(world(), ctx, lan, new Date()).remember()
  expect(set(ctx)).toHaveLength(1)
  const [, ...attributes] = set(ctx)[0]?.split('; ') ?? []
  expect(attributes).toEqual(expect.arrayContaining(['path=/', 'samesite=lax', 'secure', 'httponly']))
  expect(set(ctx)[0]).toMatch(/^__Host-campus_device=/)
  expect(set(ctx)[0]).not.toMatch(/domain=/i)
  const expires = Date.parse(attributes.find((one) => one.startsWith('expires='))?.slice(8) ?? '')
  expect(Math.round((expires - Date.now()) / 86_400_000)).toBe(400)
})

test('the cookie names nobody', () => {
  const cookie = remembered(world(), lan)
  const text = cookie + Buffer.from(cookie.split('=')[1]?.split('.')[0] ?? '', 'base64url').toString()
  expect(text).not.toContain(lan)
  expect(text).not.toContain(lan.slice(0, 8))
})

test('a device keeps its identifier, and knows the last five people who signed in on it', () => {
  const needs = world()
  let cookie = ''
  const people = ['p1', 'p2', 'p3', 'p1', 'p4', 'p5', 'p6']
  for (const personId of people) cookie = remembered(needs, personId, cookie)
  const device = readKnownDevice(needs, request(cookie))
  expect(device?.id).toBe('a-random-identifier-1')
  expect(['p1', 'p2', 'p3', 'p4', 'p5', 'p6'].filter((personId) => device?.knows(personId))).toEqual([
    'p1',
    'p3',
    'p4',
    'p5',
    'p6',
  ])
  expect(cookie.length).toBeLessThan(1_024)
})

test('it is forgotten 400 days after the last success', () => {
  const needs = world()
  const first = remembered(needs, lan)
  needs.pass(399)
  expect(readKnownDevice(needs, request(first))).not.toBeNull()
  const second = remembered(needs, lan, first)
  needs.pass(1)
  expect(readKnownDevice(needs, request(first))).toBeNull()
  expect(readKnownDevice(needs, request(second))?.knows(lan)).toBe(true)
})

test('a change of keys forgets nobody until the old key is taken away', () => {
  const old = remembered(world(), lan)
  const newKey = sampleSecret('c2')
  const both = world([newKey, key])
  expect(readKnownDevice(both, request(old))?.knows(lan)).toBe(true)

  const renewed = remembered(both, qiang, old)
  expect(readKnownDevice(both, request(renewed))?.knows(lan)).toBe(true)
  const later = world([newKey])
  expect(readKnownDevice(later, request(old))).toBeNull()
  expect(readKnownDevice(later, request(renewed))?.knows(qiang)).toBe(true)
  expect(readKnownDevice(later, request(renewed))?.knows(lan)).toBe(false)
})

/** Signed as we sign, whatever the contents. */
function signed(contents: unknown, { id, value }: Secret, purpose = 'known device cookie'): string {
  const payload = Buffer.from(JSON.stringify(contents)).toString('base64url')
  const mac = createHmac('sha256', deriveKey({ id, value }, purpose)).update(payload).digest('base64url')
  return `__Host-campus_device=${payload}.${id}.${mac}`
}

const contents = { id: 'a-random-identifier-9', people: [], issuedAt: Date.parse('2026-08-31T00:00:00Z') }

test.each([
  ['signed as we sign', signed(contents, key), true],
  ['signed with another key of the same name', signed(contents, sampleSecret('c1')), false],
  ['signed with an unknown key', signed(contents, sampleSecret('c9')), false],
  ['signed for another purpose', signed(contents, key, 'known device person'), false],
  ['of another version', signed({ version: 2 }, key), false],
  ['cut short', signed(contents, key).slice(0, -1), false],
  ['without a signature', signed(contents, key).split('.').slice(0, 2).join('.'), false],
  ['with an empty signature', `${signed(contents, key).split('.').slice(0, 2).join('.')}.`, false],
  ['of garbage', '__Host-campus_device=%%%', false],
  ['that is empty', '__Host-campus_device=', false],
  ['oversize, though we signed it', signed({ ...contents, padding: 'x'.repeat(1_024) }, key), false],
  ['under the name without prefix', signed(contents, key).replace('__Host-', ''), false],
])('a cookie %s', (_what, cookie, isKnown) => {
  expect(readKnownDevice(world(), request(cookie)) !== null).toBe(isKnown)
})

test('changing any character of the cookie makes it worthless', () => {
  const needs = world()
  const [name, value = ''] = remembered(needs, lan).split('=')
  for (let index = 0; index < value.length; index++) {
    const other = value[index] === 'A' ? 'B' : 'A'
    const forged = `${name}=${value.slice(0, index)}${other}${value.slice(index + 1)}`
    expect(readKnownDevice(needs, request(forged))).toBeNull()
  }
})
