import { afterEach, describe, expect, test } from '@jest/globals'
import { listSessions, type MethodProof } from '../../src/oidc/oidc.ts'
import { claimsIn, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { editSessions } from '../support/session-documents.ts'

let world: ProviderWorld
afterEach(() => world.close())

const DAY = 86_400

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
    expect(await visitor.visit(page)).toMatchObject({
      ...{ personId: 'lan', prompt: { reasons: ['acr_step_up'], only: ['sms-code', 'authenticator', 'passkey'] } },
    })
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

  test.each([
    ['seven days', { remember: 'yes' }, 7 * DAY],
    ['twelve hours', {}, DAY / 2],
  ])('does not begin the %s anew, and a sign-in does', async (_name, choice, whole) => {
    const visitor = await signedIn({ person: 'lan', ...choice })
    editSessions(world.store, ({ loginTs = 0 }) => ({ loginTs: loginTs - (whole - 3_600) }))
    for (const amr of ['sms', 'hwk']) {
      const page = await pageFor(visitor, { acr_values: TWO_FACTOR })
      if (page.startsWith('/interaction/')) await stepUp(visitor, page, { person: 'lan', method: 'sms-code', amr })
      const [session] = await listSessions(world.needs, 'lan')
      expect(secondsUntil(session?.endsAt)).toBeLessThanOrEqual(3_600)
      expect(secondsUntil(session?.provenAt)).toBeGreaterThan(-60)
    }
    await visitor.finish(await visitor.authorize({ params: { prompt: 'login' } }), { person: 'lan', remember: 'yes' })
    const [session] = await listSessions(world.needs, 'lan')
    expect(secondsUntil(session?.endsAt)).toBeGreaterThan(6.9 * DAY)
  })
})

const secondsUntil = (at: Date | undefined) => ((at?.getTime() ?? 0) - Date.now()) / 1_000

describe('O2: where it is known what people can sign in with', () => {
  const password = [{ method: 'password', amr: ['pwd'] }]
  const essential = JSON.stringify({ id_token: { acr: { essential: true, value: TWO_FACTOR } } })

  async function signedInThere(methods: readonly MethodProof[]): Promise<Visitor> {
    world = await openProviderWorld({ methods })
    const visitor = newVisitor(world)
    await visitor.finish(await visitor.authorize())
    return visitor
  }

  test('a wish that no method leads to bothers nobody, also without a page', async () => {
    const visitor = await signedInThere(password)
    for (const prompt of [{}, { prompt: 'none' }]) {
      const token = await idTokenOf(visitor, await visitor.authorize({ params: { acr_values: TWO_FACTOR, ...prompt } }))
      expect(token).toMatchObject({ acr: PASSWORD, amr: ['pwd'] })
    }
  })

  test('a condition that no method leads to is refused at once', async () => {
    const visitor = await signedInThere(password)
    for (const prompt of [{}, { prompt: 'none' }]) {
      const refused = locationOf(await visitor.authorize({ params: { claims: essential, ...prompt } }))
      expect(refused?.searchParams.get('error')).toBe('unmet_authentication_requirements')
    }
  })

  test('a condition that takes two steps is met in one request, from the beginning and after a sign-in', async () => {
    const visitor = await signedInThere([...password, { method: 'sms-code', amr: ['sms'] }])
    for (const from of [newVisitor(world), visitor]) {
      const first = await pageFor(from, { claims: essential, prompt: 'login' })
      const second = locationOf(
        await from.go(locationOf(await from.go(`${first}/sign-in`, { person: 'lan' }))?.href ?? ''),
      )
      expect((await from.visit(second?.pathname ?? '')).prompt).toEqual({
        ...{ name: 'login', reasons: ['essential_acr'], only: ['sms-code'] },
      })
      const answer = await stepUp(from, second?.pathname ?? '', { person: 'lan', method: 'sms-code', amr: 'sms' })
      expect(await idTokenOf(from, answer)).toMatchObject({ acr: TWO_FACTOR, amr: ['pwd', 'sms', 'mfa'] })
    }
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
  test('O2: is what max_age and prompt=login ask for, and auth_time tells of it', async () => {
    const visitor = await signedIn()
    editSessions(world.store, ({ loginTs = 0 }) => ({ loginTs: loginTs - 100 }))
    expect(await pageFor(visitor, { max_age: '1000' })).not.toMatch(/^\/interaction\//)
    const page = await pageFor(visitor, { max_age: '50' })
    expect((await visitor.visit(page)).prompt.reasons).toEqual(['max_age'])
    const token = await idTokenOf(visitor, await stepUp(visitor, page, { person: 'lan' }))
    expect(Math.abs(Number(token['auth_time']) - Date.now() / 1_000)).toBeLessThan(5)
    expect((await visitor.visit(await pageFor(visitor, { prompt: 'login' }))).prompt.reasons).toEqual(['login_prompt'])
  })

  test('O2: is what max_age=0 asks for, each time, and without a page is an error', async () => {
    const visitor = await signedIn()
    world.store.edit('oidc:session:', (record) => {
      if (record['loginTs']) record['loginTs'] = Number(record['loginTs']) - 100
    })
    const page = await pageFor(visitor, { max_age: '0' })
    expect((await visitor.visit(page)).prompt.reasons).toEqual(['login_prompt'])
    const token = await idTokenOf(visitor, await stepUp(visitor, page, { person: 'lan' }))
    expect(Math.abs(Number(token['auth_time']) - Date.now() / 1_000)).toBeLessThan(5)
    expect(await pageFor(visitor, { max_age: '0' })).toMatch(/^\/interaction\//)
    const refused = await visitor.authorize({ params: { max_age: '0', prompt: 'none' } })
    expect(locationOf(refused)?.searchParams.get('error')).toBe('login_required')
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
