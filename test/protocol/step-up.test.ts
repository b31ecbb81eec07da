import { afterEach, describe, expect, test } from '@jest/globals'
import { claimsIn, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
afterEach(() => world.close())

const PASSWORD = 'urn:campus-id:acr:password'
const SMS = 'urn:campus-id:acr:sms'
const TWO_FACTOR = 'urn:campus-id:acr:two-factor'

async function signedIn(sign: Record<string, string> = { person: 'lan' }): Promise<Visitor> {
  world = await openProviderWorld()
  const visitor = newVisitor(world)
  await visitor.finish(await visitor.authorize(), sign)
  return visitor
}

async function pageFor(visitor: Visitor, params: Record<string, string>): Promise<string> {
  return locationOf(await visitor.authorize({ params }))?.pathname ?? ''
}

async function idTokenOf(visitor: Visitor, answer: Parameters<typeof locationOf>[0]) {
  const { body } = await visitor.redeem(locationOf(answer)?.searchParams.get('code') ?? '')
  return claimsIn(body['id_token'])
}

async function stepUp(visitor: Visitor, page: string, sign: Record<string, string>) {
  return visitor.finish(await visitor.go(`${page}/sign-in`, sign))
}

describe('a wish for a stronger sign-in (acr_values)', () => {
  test('is asked for, and what was proven before and now counts together', async () => {
    const visitor = await signedIn()
    const page = await pageFor(visitor, { acr_values: TWO_FACTOR })
    expect(await visitor.visit(page)).toMatchObject({ personId: 'lan', prompt: { reasons: ['acr_step_up'] } })
    const token = await idTokenOf(
      visitor,
      await stepUp(visitor, page, { person: 'lan', method: 'sms-code', amr: 'sms' }),
    )
    expect(token).toMatchObject({ acr: TWO_FACTOR, amr: ['pwd', 'sms', 'mfa'] })
    expect(await pageFor(visitor, { acr_values: TWO_FACTOR })).not.toMatch(/^\/interaction\//)
  })

  test('that is met by a higher rung asks for nothing', async () => {
    const visitor = await signedIn({ person: 'lan', amr: 'pwd otp' })
    expect(await pageFor(visitor, { acr_values: `${SMS} ${PASSWORD}` })).not.toMatch(/^\/interaction\//)
  })

  test('that cannot be met is asked for once, and the ID token tells the truth', async () => {
    const visitor = await signedIn()
    const page = await pageFor(visitor, { acr_values: TWO_FACTOR })
    expect(await idTokenOf(visitor, await stepUp(visitor, page, { person: 'lan' }))).toMatchObject({
      acr: PASSWORD,
      amr: ['pwd'],
    })
  })

  test('in words that nobody knows asks for nothing', async () => {
    const visitor = await signedIn()
    expect(await pageFor(visitor, { acr_values: 'https://example.org/gold' })).not.toMatch(/^\/interaction\//)
  })

  test('cannot be met by somebody else', async () => {
    const visitor = await signedIn()
    const page = await pageFor(visitor, { acr_values: TWO_FACTOR })
    expect((await visitor.go(`${page}/sign-in`, { person: 'mei', amr: 'sms' })).status).toBe(409)
  })

  test('with prompt=none is interaction that is not allowed', async () => {
    const visitor = await signedIn()
    const refused = locationOf(await visitor.authorize({ params: { acr_values: TWO_FACTOR, prompt: 'none' } }))
    expect(refused?.searchParams.get('error')).toBe('unmet_authentication_requirements')
  })

  test('does not end 7天免登录', async () => {
    const visitor = await signedIn({ person: 'lan', remember: 'yes' })
    const page = await pageFor(visitor, { acr_values: TWO_FACTOR })
    await stepUp(visitor, page, { person: 'lan', method: 'sms-code', amr: 'sms' })
    expect(visitor.cookies.get('campus_session /')?.attributes).toMatch(/expires/i)
  })
})

describe('a condition (essential acr)', () => {
  const claims = JSON.stringify({ id_token: { acr: { essential: true, values: [TWO_FACTOR] } } })

  test('is met, or the relying party learns that it was not', async () => {
    const visitor = await signedIn()
    const page = await pageFor(visitor, { claims })
    const refused = locationOf(await stepUp(visitor, page, { person: 'lan' }))
    expect(refused?.searchParams.get('error')).toBe('unmet_authentication_requirements')
    const again = await pageFor(visitor, { claims })
    const token = await idTokenOf(
      visitor,
      await stepUp(visitor, again, { person: 'lan', method: 'sms-code', amr: 'sms' }),
    )
    expect(token).toMatchObject({ acr: TWO_FACTOR })
  })

  test('that is malformed is a bad request', async () => {
    const visitor = await signedIn()
    for (const values of ['x', { 0: 'x' }, 7]) {
      const odd = JSON.stringify({ id_token: { acr: { essential: true, values } } })
      const refused = locationOf(await visitor.authorize({ params: { claims: odd } }))
      expect(refused?.searchParams.get('error')).toBe('invalid_request')
    }
  })
})

describe('a fresh sign-in', () => {
  test('is what max_age and prompt=login ask for, and auth_time tells of it', async () => {
    const visitor = await signedIn()
    world.store.edit('oidc:session:', (record) => {
      if (record['loginTs']) record['loginTs'] = Number(record['loginTs']) - 100
    })
    expect(await pageFor(visitor, { max_age: '1000' })).not.toMatch(/^\/interaction\//)
    const page = await pageFor(visitor, { max_age: '50' })
    expect((await visitor.visit(page)).prompt.reasons).toEqual(['max_age'])
    const token = await idTokenOf(visitor, await stepUp(visitor, page, { person: 'lan' }))
    expect(Math.abs(Number(token['auth_time']) - Date.now() / 1_000)).toBeLessThan(5)
    expect((await visitor.visit(await pageFor(visitor, { prompt: 'login' }))).prompt.reasons).toEqual(['login_prompt'])
  })

  test('counts for itself: an earlier second factor is not carried over', async () => {
    const visitor = await signedIn({ person: 'lan', amr: 'pwd otp' })
    const page = await pageFor(visitor, { prompt: 'login' })
    expect(await idTokenOf(visitor, await stepUp(visitor, page, { person: 'lan' }))).toMatchObject({
      acr: PASSWORD,
      amr: ['pwd'],
    })
  })
})
