/** Guessing the code of somebody's device: what is counted, and where it stops. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { DEVICE_GRANT } from '../../src/clients/clients.ts'
import { CAPS } from '../../src/throttle/throttle.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

const screen = sampleClient('app-screen', {
  redirect_uris: [],
  post_logout_redirect_uris: [],
  response_types: [],
  token_endpoint_auth_method: 'none',
  grant_types: [DEVICE_GRANT],
})

let world: ProviderWorld
let now: Date
beforeEach(async () => {
  now = new Date()
  const config = { trustedProxies: ['127.0.0.0/8'], campusNetworks: ['10.0.0.0/8'] }
  world = await openProviderWorld({ clients: [screen, sampleClient('library')], clock: () => now, config })
})
afterEach(() => world.close())

const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

/** Always another code, and never one that was given out. */
function* codes(): Generator<string, string> {
  for (let at = 0; ; at++) {
    yield `BBBB${[0, 1, 2, 3].map((place) => LETTERS[Math.floor(at / 20 ** place) % 20]).join('')}`
  }
}

/** From this address. */
function guesser(address: string, visitor: Visitor = newVisitor(world)) {
  const headers = { 'x-forwarded-for': address, accept: 'text/html' }
  const guesses = codes()
  return {
    async guess(code = guesses.next().value): Promise<{ status: number; kind: string; retryAfter: number }> {
      const cookies = () => [...visitor.cookies].map(([name, { value }]) => `${name.split(' ')[0]}=${value}`).join('; ')
      const page = await world.house.send('/device', { headers: { ...headers, cookie: cookies() } })
      for (const line of page.headers['set-cookie'] ?? []) {
        const [pair = ''] = line.split('; ')
        const [name = '', value = ''] = pair.split(/=(.*)/s)
        visitor.cookies.set(`${name} /`, { value, path: '/', attributes: '' })
      }
      const { xsrf } = JSON.parse(page.body)
      const more = { ...headers, cookie: cookies() }
      const answer = await world.house.post('/device', { xsrf, user_code: code }, more)
      const { problem, step } = JSON.parse(answer.body)
      return { status: answer.status, kind: problem?.kind ?? step, retryAfter: problem?.retryAfterSeconds ?? 0 }
    },
  }
}

const userCode = async () => {
  const { body } = await newVisitor(world).machine('/device/auth', { scope: 'openid' }, 'app-screen')
  return String(body['user_code'])
}

const asked = () =>
  world.store.calls.filter(({ operation, key }) => operation === 'read' && /user-code/.test(key)).length

describe('guesses', () => {
  test('of whoever throws the cookie away are counted by address, and the right code is not looked for', async () => {
    const right = await userCode()
    const { triesMax } = CAPS.address_cap
    for (let at = 0; at < triesMax; at++) {
      expect((await guesser('203.0.113.7').guess()).kind).toBe('wrong')
    }
    const before = asked()
    const refused = await guesser('203.0.113.7').guess(right)
    expect([refused.status, refused.kind]).toEqual([429, 'throttled'])
    expect(refused.retryAfter).toBeGreaterThan(0)
    expect(asked()).toBe(before)
    expect((await guesser('203.0.113.8').guess(right)).kind).toBe('confirm')
    expect(world.events.filter(({ event }) => event === 'device.throttled')).toHaveLength(1)
  })

  test('of one browser end after ten, and begin again when the window is over', async () => {
    const one = guesser('203.0.113.7')
    for (let at = 0; at < CAPS.account_cap.triesMax; at++) expect((await one.guess()).kind).toBe('wrong')
    const { kind, retryAfter } = await one.guess()
    expect(kind).toBe('throttled')
    now = new Date(now.getTime() + (retryAfter + 1) * 1_000)
    expect((await one.guess()).kind).toBe('wrong')
  })

  test('of a person who is signed in are counted for the person, wherever they are', async () => {
    const { triesMax } = CAPS.account_cap
    const visitors = [newVisitor(world), newVisitor(world)]
    for (const visitor of visitors) await visitor.signIn()
    for (const visitor of visitors) visitor.cookies.delete('campus_device /')
    const kinds: string[] = []
    for (let at = 0; at <= triesMax; at++) {
      const visitor = visitors[at % 2]
      kinds.push((await guesser(`203.0.113.${at}`, visitor).guess()).kind)
    }
    expect(kinds).toEqual([...Array.from({ length: triesMax }, () => 'wrong'), 'throttled'])
  })

  test('that are right cost nothing', async () => {
    const right = await userCode()
    const one = guesser('203.0.113.7')
    for (let at = 0; at < CAPS.account_cap.triesMax + 2; at++) expect((await one.guess(right)).kind).toBe('confirm')
  })

  test('that no code can be are not looked for, and not held against the person', async () => {
    const one = guesser('203.0.113.7')
    const before = asked()
    for (let at = 0; at < CAPS.account_cap.triesMax + 2; at++) expect((await one.guess('AEIO-1234')).kind).toBe('wrong')
    expect(asked()).toBe(before)
  })

  test('are not compared while they cannot be counted', async () => {
    const right = await userCode()
    const one = guesser('203.0.113.7')
    expect((await one.guess()).kind).toBe('wrong')
    world.store.breakDown('before', (operation, key) => operation === 'count' && key.startsWith('throttle:'))
    expect((await one.guess(right)).status).toBe(503)
    world.store.repair()
    expect((await one.guess(right)).kind).toBe('confirm')
  })
})

test('a code that has expired is told from one that never was', async () => {
  const right = await userCode()
  world.store.edit('oidc:device-code:', (record) => {
    record['exp'] = Math.floor(Date.now() / 1_000) - 1
  })
  expect((await guesser('203.0.113.7').guess(right)).kind).toBe('expired')
})
