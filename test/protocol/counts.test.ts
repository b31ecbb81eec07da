import { afterEach, describe, expect, test } from '@jest/globals'
import { costsOf } from '../support/counting.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
afterEach(() => world.close())

const codeOf = (answer: Parameters<typeof locationOf>[0]) => locationOf(answer)?.searchParams.get('code') ?? ''
const counted = (wanted: string) =>
  world.metrics.counted.filter(({ name }) => name === wanted).map(({ labels }) => labels)

describe('sign-ins', () => {
  test('are counted by method, client and result, each once', async () => {
    world = await openProviderWorld({ clients: [sampleClient('library'), sampleClient('canteen')] })
    const visitor = newVisitor(world)
    await visitor.signIn({ client: 'library' })
    // The session serves: nobody signs in.
    await visitor.authorize({ client: 'canteen' })
    expect(counted('campus_sign_ins_total')).toEqual([{ method: 'password', client: 'library', result: 'success' }])
  })

  test('of somebody who may not are counted as such', async () => {
    world = await openProviderWorld()
    await world.setState('lan', 'suspended')
    const visitor = newVisitor(world)
    const page = locationOf(await visitor.authorize())?.pathname ?? ''
    await visitor.go(`${page}/sign-in`, { person: 'lan' })
    expect(counted('campus_sign_ins_total')).toEqual([{ method: 'password', client: 'library', result: 'not_allowed' }])
  })
})

describe('the token endpoint', () => {
  test('counts what it issues and what it refuses', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const code = await visitor.signIn()
    await visitor.redeem(code)
    await visitor.redeem(code)
    expect(counted('campus_tokens_issued_total')).toEqual([{ grant_type: 'authorization_code', client: 'library' }])
    expect(counted('campus_tokens_refused_total')).toEqual([{ reason: 'invalid_grant', client: 'library' }])
  })

  test('makes no label of what a stranger sends', async () => {
    world = await openProviderWorld()
    const body = new URLSearchParams({ grant_type: 'invented-grant', client_id: 'invented-client', code: 'x' })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    await fetch(`${world.issuer}/token`, { method: 'POST', body, headers })
    expect(counted('campus_tokens_refused_total')).toEqual([{ reason: 'invalid_client', client: 'unknown' }])
    expect(JSON.stringify([world.metrics.counted, world.metrics.observed])).not.toContain('invented')
  })
})

describe('signatures', () => {
  const signatures = async (act: () => Promise<unknown>) => (await costsOf(world.metrics, act)).signatures

  test('are made for an ID token, and for nothing else in an exchange', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    expect(await signatures(() => visitor.signIn())).toBe(0)
    const code = codeOf(await visitor.authorize())
    let token: unknown
    expect(
      await signatures(async () => {
        token = (await visitor.redeem(code)).body['access_token']
      }),
    ).toBe(1)
    expect(counted('campus_signatures_total')).toEqual([{ use: 'id_token' }])
    expect(await signatures(() => visitor.userinfo(token))).toBe(0)
  })

  test('are counted once a token, however many providers there are in a process', async () => {
    const other = await openProviderWorld()
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    await visitor.redeem(await visitor.signIn())
    expect(counted('campus_signatures_total')).toHaveLength(1)
    expect(other.metrics.total('campus_signatures_total')).toBe(0)
    await other.close()
  })
})
