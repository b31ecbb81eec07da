import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { VISIT_BYTES, VISITS_MAX } from '../../src/oidc/crowd-control.ts'
import { SAMPLE_SECRET, sampleClient } from '../support/memory-desk.ts'
import { newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { fillVisits, visitsCounted } from '../support/visit-budgets.ts'

let world: ProviderWorld
beforeEach(async () => {
  const clients = [sampleClient('library'), sampleClient('app', { token_endpoint_auth_method: 'none' })]
  const config = { campusNetworks: ['10.0.0.0/8'], trustedProxies: ['127.0.0.1/32'] }
  world = await openProviderWorld({ clients, config })
})
afterEach(() => world.close())

const html = { accept: 'text/html' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const authorization = (params: Record<string, string> = {}) => newVisitor(world).authorizationAddress({ params })

describe('strangers who open the sign-in page again and again', () => {
  const from = (address: string) => ({ ...html, 'x-forwarded-for': address })
  const open = (address: string) => world.house.send(authorization(), { headers: from(address) })

  test('are told when to come again, and nothing of theirs is kept', async () => {
    expect((await open('192.0.2.1')).status).toBe(303)
    await fillVisits(world, 'address', VISITS_MAX.address)
    const before = world.store.standing().size
    const { status, headers, body } = await open('192.0.2.1')
    expect([status, headers.location]).toEqual([429, undefined])
    expect(body).toContain('too_many_requests')
    expect(Number(headers['retry-after'])).toBeGreaterThan(800)
    expect(world.store.standing().size).toBe(before)
    expect((await open('192.0.2.2')).status).toBe(303)
  })

  test('cannot keep the campus out, however many addresses they have', async () => {
    await open('192.0.2.1')
    await fillVisits(world, 'outside', VISITS_MAX.outside)
    expect((await open('198.51.100.7')).status).toBe(503)
    expect((await open('10.1.2.3')).status).toBe(303)
  })

  test('count the second step of a visit with its first, and nobody who is signed in', async () => {
    await world.needs.clients.put(sampleClient('club', { first_party: false }))
    const visitor = newVisitor(world)
    await visitor.signIn({ client: 'club' })
    await visitor.authorize({ params: { prompt: 'login' } })
    const counted = world.store.calls.filter(({ operation, key }) => operation === 'count' && /address/.test(key))
    expect(counted).toHaveLength(1)
  })

  test('cannot use the sign-out page or pushed requests instead', async () => {
    const push = { client_id: 'app', response_type: 'code', redirect_uri: 'https://app.school.example/callback' }
    const challenge = { code_challenge: 'c'.repeat(43), code_challenge_method: 'S256', scope: 'openid' }
    const headers = { ...form, 'x-forwarded-for': '192.0.2.1' }
    const body = new URLSearchParams({ ...push, ...challenge }).toString()
    const ways = [
      () => world.house.send('/session/end', { headers: from('192.0.2.1') }),
      () => world.house.send('/request', { method: 'POST', headers, body }),
    ]
    for (const way of ways) expect((await way()).status).toBeLessThan(300)
    await fillVisits(world, 'address', VISITS_MAX.address)
    const before = world.store.standing().size
    for (const way of ways) expect((await way()).status).toBe(429)
    expect(world.store.standing().size).toBe(before)
  })

  test('do not count with the servers of clients that have shown their secret', async () => {
    await open('192.0.2.1')
    await fillVisits(world, 'address', VISITS_MAX.address)
    const basic = `Basic ${Buffer.from(`library:${SAMPLE_SECRET}`).toString('base64')}`
    const pushed = await world.house.send('/request', {
      method: 'POST',
      headers: { ...form, 'x-forwarded-for': '192.0.2.1', authorization: basic },
      body: authorization().slice('/auth?'.length),
    })
    expect(pushed.status).toBe(201)
  })

  test('of one IPv6 network are counted as one, and wider networks have wider budgets', async () => {
    const fill = async (factor: number) => {
      await open('2001:db8:1:2::1')
      await fillVisits(world, 'address', VISITS_MAX.address * factor)
    }
    const statuses = async (...addresses: string[]) => {
      const answers: number[] = []
      for (const address of addresses) answers.push((await open(address)).status)
      return answers
    }
    const [sameSubnet, sameHome, sameSite, elsewhere] = [
      '2001:db8:1:2:f::9',
      '2001:db8:1:ff::1',
      '2001:db8:1:100::1',
      '2001:db8:2::1',
    ]
    await fill(1)
    expect(await statuses(sameSubnet, sameHome)).toEqual([429, 303])
    await fill(2)
    expect(await statuses(sameHome, sameSite)).toEqual([429, 303])
    await fill(7)
    expect(await statuses(sameSite, elsewhere)).toEqual([429, 303])
  })

  test('who are refused use up nothing of anybody else', async () => {
    await open('2001:db8:1:2::1')
    await fillVisits(world, 'address', VISITS_MAX.address)
    const before = await visitsCounted(world)
    for (let tries = 0; tries < 5; tries += 1) expect((await open('2001:db8:1:2::1')).status).toBe(429)
    const after = await visitsCounted(world)
    const risen = [...after].filter(([key, count]) => count !== before.get(key))
    expect(risen.map(([key]) => key)).toEqual([expect.stringContaining('address')])
  })

  test('are given back nothing that was never theirs, where the window ends while they are being refused', async () => {
    await open('192.0.2.1')
    await fillVisits(world, 'address', VISITS_MAX.address)
    const { expiring } = world.store
    const { countAll } = expiring
    let isOver = false
    expiring.countAll = (counters) => {
      if (!isOver && counters.some(({ by = 1 }) => by < 0)) {
        isOver = true
        world.store.wipe()
      }
      return countAll(counters)
    }
    const heavy = authorization({ state: '\u0001'.repeat(1_800) })
    expect((await world.house.send(heavy, { headers: from('192.0.2.1') })).status).toBe(429)
    expect([isOver, (await visitsCounted(world)).get('oidc:visits:outside')]).toEqual([true, 0])
  })
})

describe('what strangers have us store', () => {
  const outside = async () => (await visitsCounted(world)).get('oidc:visits:outside') ?? 0
  const stored = () => [...world.store.standing().values()].reduce((sum, value) => sum + Buffer.byteLength(value), 0)
  const hints = { login_hint: '\u0001'.repeat(300), ui_locales: '\u0001'.repeat(250) }

  test('counts by its size, however it grows on the way', async () => {
    await world.house.send(authorization(), { headers: html })
    expect(await outside()).toBe(1)
    const { status } = await world.house.send(authorization({ state: '\u0001'.repeat(1_800), ...hints }), {
      headers: html,
    })
    expect(status).toBe(303)
    expect(stored()).toBeGreaterThan(12_000)
    expect((await outside()) * VISIT_BYTES).toBeGreaterThanOrEqual(stored())
  })

  test('is no more than its count when it was pushed first', async () => {
    const sent = authorization()
      .slice('/auth?'.length)
      .replaceAll('library', 'app')
      .replace('opaque-state', '\u0001'.repeat(2_000))
    const pushed = await world.house.send('/request', { method: 'POST', headers: form, body: sent })
    const address = `/auth?client_id=app&request_uri=${JSON.parse(pushed.body).request_uri}`
    for (let times = 0; times < 3; times += 1) await world.house.send(address, { headers: html })
    expect(stored()).toBeGreaterThan(40_000)
    expect((await outside()) * VISIT_BYTES).toBeGreaterThanOrEqual(stored())
  })

  test('is no more than its count on a sign-out page that is asked for again', async () => {
    const visitor = newVisitor(world)
    await visitor.go('/session/end?client_id=library')
    await visitor.go(`/session/end?client_id=library&state=${'%01'.repeat(2_000)}`)
    expect(stored()).toBeGreaterThan(12_000)
    expect((await outside()) * VISIT_BYTES).toBeGreaterThanOrEqual(stored())
  })
})
