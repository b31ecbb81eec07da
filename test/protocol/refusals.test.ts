import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { createAuditTrail } from '../../src/audit/audit.ts'
import { silentMetrics } from '../../src/metrics/metrics.ts'
import { type MemoryAuditLog, memoryAuditLog } from '../support/memory-audit-log.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld, random } from '../support/provider-world.ts'

const form = { 'content-type': 'application/x-www-form-urlencoded' }

let world: ProviderWorld
let log: MemoryAuditLog
let passed: number

beforeEach(async () => {
  log = memoryAuditLog()
  passed = 0
  const clock = () => new Date(Date.now() + passed)
  const audit = createAuditTrail({ log, clock, random, logger: pino({ level: 'silent' }), metrics: silentMetrics })
  const clients = [
    sampleClient('library'),
    sampleClient('club'),
    sampleClient('app', { token_endpoint_auth_method: 'none' }),
  ]
  world = await openProviderWorld({ clients, clock, needs: { audit }, config: { trustedProxies: ['127.0.0.1/32'] } })
})
afterEach(() => world.close())

function redeem(client: string, address: string) {
  const basic = Buffer.from(`${client}:wrong`).toString('base64')
  const headers = { ...form, 'x-forwarded-for': address, authorization: `Basic ${basic}` }
  return world.house.send('/token', { method: 'POST', headers, body: 'grant_type=authorization_code&code=x' })
}

async function rows(event: string) {
  await world.needs.audit.flush()
  return log.rows.filter((row) => row.event === event)
}

describe('a client that is refused again and again', () => {
  test('leaves a row at once and one a minute', async () => {
    for (let tries = 0; tries < 20; tries += 1) expect((await redeem('library', '192.0.2.1')).status).toBe(401)
    const [first, ...others] = await rows('client-authentication.refused')
    expect(first).toMatchObject({ client: 'library', reason: 'invalid_client', address: '192.0.2.1' })
    expect(others).toEqual([])
    passed = 60_000
    await newVisitor(world).signIn()
    const [, counted, ...more] = await rows('client-authentication.refused')
    expect(counted).toMatchObject({ client: 'library', reason: 'invalid_client', details: { repeats: 19 } })
    expect(more).toEqual([])
  })

  test('is told apart from other clients, networks and reasons', async () => {
    for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.2']) await redeem('library', address)
    // One subscriber, as far as anybody can tell.
    for (const address of ['2001:db8:1::1', '2001:db8:1:ffff::1']) await redeem('library', address)
    await redeem('club', '192.0.2.1')
    const body = 'grant_type=authorization_code&code=x&client_id=app'
    await world.house.send('/token', { method: 'POST', headers: form, body })
    const refused = await rows('client-authentication.refused')
    expect(refused.map(({ client, address }) => [client, address])).toEqual([
      ['library', '192.0.2.1'],
      ['library', '192.0.2.2'],
      ['library', '2001:db8:1::1'],
      ['club', '192.0.2.1'],
    ])
    expect(await rows('tokens.refused')).toMatchObject([{ client: 'app' }])
  })
})

test('a person who was suspended and whose browser keeps coming leaves a row at once and one a minute', async () => {
  const visitor = newVisitor(world)
  await visitor.signIn()
  await world.setState('lan', 'suspended')
  for (let tries = 0; tries < 5; tries += 1) {
    const answer = await visitor.authorize({ params: { prompt: 'none' } })
    expect(locationOf(answer)?.searchParams.get('error')).toBe('login_required')
  }
  expect(await rows('gate.refused')).toHaveLength(1)
  expect(await rows('authorization.refused')).toMatchObject([{ subject: 'person:lan', reason: 'login_required' }])
})

test('a sign-out of nobody leaves no row', async () => {
  const visitor = newVisitor(world)
  const { body } = await visitor.go('/session/end?client_id=library')
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(body)?.[1] ?? ''
  const { status } = await visitor.go('/session/end/confirm', { xsrf, logout: 'yes' })
  expect(status).toBe(303)
  await world.needs.audit.flush()
  expect(log.rows).toEqual([])
})

test('visits that strangers open and leave again are one row and one a minute', async () => {
  for (let visits = 0; visits < 3; visits += 1) {
    const stranger = newVisitor(world)
    const page = locationOf(await stranger.authorize())?.pathname ?? ''
    expect((await stranger.go(`${page}/abandon`, {})).status).toBe(303)
  }
  expect(await rows('visit.abandoned')).toHaveLength(1)
})
