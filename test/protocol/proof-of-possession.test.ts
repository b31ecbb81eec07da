/** DPoP (RFC 9449): what is bound to a key is worth nothing to whoever has copied it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sampleClient, sampleResourceServer, sampleService } from '../support/memory-desk.ts'
import { newProver, type Prover } from '../support/prover.ts'
import { callbackOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import type { ProviderWorld } from '../support/provider-world.ts'
import { openRealWorld, type RealWorld } from '../support/real-world.ts'

const GRADES = 'https://api.school.example/grades'
const offline = { scope: 'openid profile offline_access', prompt: 'consent' }

let real: RealWorld
let world: ProviderWorld
let visitor: Visitor
let prover: Prover
let other: Prover
beforeAll(async () => {
  real = await openRealWorld([
    sampleClient('app', { token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true }),
    sampleClient('library', { resources: [{ identifier: GRADES, scopes: ['grades:read'] }] }),
    sampleService('grades-api', [], { grant_types: [] }),
  ])
  world = real.world
  await world.needs.resourceServers.put(sampleResourceServer(GRADES, 'grades-api'))
  prover = await newProver()
  other = await newProver()
})
afterAll(() => real.close())

const at = (path: string) => `${world.issuer}${path}`

async function signedIn(client: string, params: Record<string, string> = offline): Promise<string> {
  visitor = newVisitor(world)
  return visitor.signIn({ client, params }, real.sign)
}

async function redeem(code: string, client: string, headers: Record<string, string>, more = {}) {
  const form = { grant_type: 'authorization_code', code, redirect_uri: callbackOf(client) }
  return visitor.machine('/token', { ...form, code_verifier: visitor.verifier, ...more }, client, headers)
}

async function boundTokens(client = 'app', params: Record<string, string> = offline) {
  const code = await signedIn(client, params)
  const { status, body } = await redeem(code, client, await prover.proof({ url: at('/token') }))
  expect([status, body['token_type']]).toEqual([200, 'DPoP'])
  return { accessToken: String(body['access_token']), refreshToken: String(body['refresh_token']) }
}

async function userinfo(scheme: string, accessToken: string, headers: Record<string, string> = {}) {
  const answer = await world.house.send('/me', { headers: { authorization: `${scheme} ${accessToken}`, ...headers } })
  return { status: answer.status, challenge: String(answer.headers['www-authenticate'] ?? '') }
}

const proofFor = (accessToken: string, by = prover, claims = {}) =>
  by.proof({ method: 'GET', url: at('/me'), accessToken }, claims)

describe('an access token that is bound to a key', () => {
  test('opens userinfo with a proof of that key, and in no other way', async () => {
    const { accessToken } = await boundTokens()
    expect((await userinfo('DPoP', accessToken, await proofFor(accessToken))).status).toBe(200)
    const refused = [
      await userinfo('Bearer', accessToken),
      await userinfo('DPoP', accessToken),
      await userinfo('Bearer', accessToken, await proofFor(accessToken)),
      await userinfo('DPoP', accessToken, await proofFor(accessToken, other)),
      await userinfo('DPoP', accessToken, await proofFor('another token')),
      await userinfo('DPoP', accessToken, await proofFor(accessToken, prover, { htm: 'POST' })),
      await userinfo('DPoP', accessToken, await proofFor(accessToken, prover, { htu: at('/token') })),
      await userinfo('DPoP', accessToken, await proofFor(accessToken, prover, { iat: 1 })),
      await userinfo('DPoP', accessToken, await proofFor(accessToken, prover, { jti: undefined })),
    ]
    for (const { status } of refused) expect([400, 401]).toContain(status)
    expect(refused[3]?.challenge).toContain('DPoP')
  })

  test('is bound by what introspection says of it, and so for any resource server', async () => {
    const params = { scope: 'openid grades:read', resource: GRADES, prompt: 'consent' }
    const code = await signedIn('library', params)
    const { body } = await redeem(code, 'library', await prover.proof({ url: at('/token') }), { resource: GRADES })
    const asked = await visitor.machine('/token/introspection', { token: String(body['access_token']) }, 'grades-api')
    expect(asked.body).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: prover.thumbprint } })
  })
})

describe('a proof', () => {
  test('that eight send at once is taken from one', async () => {
    const { accessToken } = await boundTokens()
    const headers = await proofFor(accessToken)
    const answers = await Promise.all(Array.from({ length: 8 }, () => userinfo('DPoP', accessToken, headers)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(7)
    expect((await userinfo('DPoP', accessToken, headers)).status).toBe(401)
  })

  test('from the future cannot be kept until it is forgotten', async () => {
    const { accessToken } = await boundTokens()
    const { reserve } = world.needs.expiring
    const kept: number[] = []
    world.needs.expiring.reserve = (key, value, expiry) => {
      kept.push(expiry.seconds)
      return reserve(key, value, expiry)
    }
    const iat = Math.floor(Date.now() / 1_000) + 290
    expect((await userinfo('DPoP', accessToken, await proofFor(accessToken, prover, { iat }))).status).toBe(200)
    world.needs.expiring.reserve = reserve
    expect(Math.max(...kept)).toBeGreaterThan(600)
  })

  test('is answered with a nonce that every process knows, and a wrong one with the right one', async () => {
    const { accessToken } = await boundTokens()
    const send = async (nonce?: string) => {
      const headers = await prover.proof({ method: 'GET', url: at('/me'), accessToken, nonce })
      return world.house.send('/me', { headers: { authorization: `DPoP ${accessToken}`, ...headers } })
    }
    const nonce = String((await send()).headers['dpop-nonce'])
    expect(nonce).toMatch(/^[\w-]{43}$/)
    expect((await send(nonce)).status).toBe(200)
    const wrong = await send('another')
    expect([wrong.status, wrong.headers['www-authenticate']]).toEqual([401, expect.stringContaining('use_dpop_nonce')])
    expect((await send(String(wrong.headers['dpop-nonce']))).status).toBe(200)
  })
})

describe('a client that is registered for bound tokens', () => {
  test('gets none without a proof, and its code is still good after', async () => {
    const code = await signedIn('app')
    expect(await redeem(code, 'app', {})).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await redeem(code, 'app', await prover.proof({ url: at('/token') }))).status).toBe(200)
  })

  test('may bind its code to the key as well (dpop_jkt): nobody else redeems it', async () => {
    const code = await signedIn('app', { ...offline, dpop_jkt: prover.thumbprint })
    const stolen = await redeem(code, 'app', await other.proof({ url: at('/token') }))
    expect(stolen).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    const again = await signedIn('app', { ...offline, dpop_jkt: prover.thumbprint })
    expect((await redeem(again, 'app', await prover.proof({ url: at('/token') }))).status).toBe(200)
  })
})

describe('the refresh token of a client that can keep no secret', () => {
  const refresh = async (token: string, by: Prover | null) =>
    visitor.machine(
      '/token',
      { grant_type: 'refresh_token', refresh_token: token },
      'app',
      by ? await by.proof({ url: at('/token') }) : {},
    )

  test('is bound too: without its key it is refused, and stays whole', async () => {
    const { refreshToken } = await boundTokens()
    expect(await refresh(refreshToken, null)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(await refresh(refreshToken, other)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    const next = await refresh(refreshToken, prover)
    expect([next.status, next.body['token_type']]).toEqual([200, 'DPoP'])
    expect(next.body['refresh_token']).not.toBe(refreshToken)
  })

  test('of eight uses at once, each with a proof of its own, wins one, and the family lives on', async () => {
    const { refreshToken } = await boundTokens()
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(refreshToken, prover)))
    const winners = answers.filter(({ status }) => status === 200)
    expect(winners).toHaveLength(1)
    expect(answers.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(7)
    expect((await refresh(String(winners[0]?.body['refresh_token']), prover)).status).toBe(200)
  })
})
