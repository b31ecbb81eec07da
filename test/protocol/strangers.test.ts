import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { VISITS_MAX } from '../../src/oidc/crowd-control.ts'
import { SAMPLE_SECRET, sampleClient } from '../support/memory-desk.ts'
import { newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
beforeEach(async () => {
  const clients = [sampleClient('library'), sampleClient('app', { token_endpoint_auth_method: 'none' })]
  const config = { campusNetworks: ['10.0.0.0/8'], trustedProxies: ['127.0.0.1/32'] }
  world = await openProviderWorld({ clients, config })
})
afterEach(() => world.close())

const html = { accept: 'text/html' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const authorization = () => newVisitor(world).authorizationAddress()

describe('strangers who open the sign-in page again and again', () => {
  const from = (address: string) => ({ ...html, 'x-forwarded-for': address })
  const open = (address: string) => world.house.send(authorization(), { headers: from(address) })

  async function fill(prefix: string, most: number): Promise<void> {
    const { expiring } = world.needs
    const keys = new Set(world.store.calls.filter(({ key }) => key.startsWith(prefix)).map(({ key }) => key))
    for (const key of keys) await expiring.count(key, { seconds: 900, by: most })
  }

  test('are told when to come again, and nothing of theirs is kept', async () => {
    expect((await open('192.0.2.1')).status).toBe(303)
    await fill('oidc:visits:address:', VISITS_MAX.address)
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
    await fill('oidc:visits:outside', VISITS_MAX.outside)
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
    await fill('oidc:visits:address:', VISITS_MAX.address)
    const before = world.store.standing().size
    for (const way of ways) expect((await way()).status).toBe(429)
    expect(world.store.standing().size).toBe(before)
  })

  test('do not count with the servers of clients that have shown their secret', async () => {
    await open('192.0.2.1')
    await fill('oidc:visits:address:', VISITS_MAX.address)
    const basic = `Basic ${Buffer.from(`library:${SAMPLE_SECRET}`).toString('base64')}`
    const pushed = await world.house.send('/request', {
      method: 'POST',
      headers: { ...form, 'x-forwarded-for': '192.0.2.1', authorization: basic },
      body: authorization().slice('/auth?'.length),
    })
    expect(pushed.status).toBe(201)
  })

  test('of one IPv6 network are counted as one', async () => {
    await open('2001:db8:1:2::1')
    await fill('oidc:visits:address:', VISITS_MAX.address)
    expect((await open('2001:db8:1:2:ffff::9')).status).toBe(429)
    expect((await open('2001:db8:1:3::1')).status).toBe(303)
  })
})
