/** Everything that may be used once is used once, however many ask for it at the same time, in whichever process. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ask, askForTokens, authorizationAddress, newVisitor, VERIFIER } from '../support/visitor.ts'
import { ACCOUNT, CLIENTS, openWorld, REDIRECT_URI, type World } from './world.ts'

/** `npm run faults` asks for ten thousand. */
const CODES = Number(process.env['RACE_CODES'] ?? 1_000)
const AT_ONCE = 8
const MINUTES = 60_000

let world: World
beforeAll(async () => {
  world = await openWorld()
}, 2 * MINUTES)
afterAll(() => world?.close())

const [CLIENT = ''] = CLIENTS

type Visitor = ReturnType<typeof newVisitor>

async function signedInVisitor(): Promise<Visitor> {
  const visitor = newVisitor(world.installation.issuer)
  const back = await visitor.signIn(CLIENT, REDIRECT_URI, ACCOUNT, world.ports[0])
  expect(back.location?.href).toContain(`${REDIRECT_URI}?code=`)
  return visitor
}

async function nextCode(visitor: Visitor, client = CLIENT, port = world.ports[0]): Promise<string> {
  const { location } = await visitor.go(authorizationAddress(client, REDIRECT_URI), { port })
  return location?.searchParams.get('code') ?? ''
}

const redeem = (code: string, port: number, client = CLIENT) =>
  askForTokens(world.installation.issuer, port, {
    grant_type: 'authorization_code',
    client_id: client,
    redirect_uri: REDIRECT_URI,
    code,
    code_verifier: VERIFIER,
  })

const refresh = (token: unknown, port: number) =>
  askForTokens(world.installation.issuer, port, {
    grant_type: 'refresh_token',
    client_id: CLIENT,
    refresh_token: String(token),
  })

const userinfo = (token: unknown) =>
  ask(world.installation.issuer, '/me', { port: world.ports[1], headers: { authorization: `Bearer ${token}` } })

/** Half of them at one process, half at the other. */
const atOnce = <Result>(one: (port: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: AT_ONCE }, (_, index) => one(world.ports[index % 2 === 0 ? 0 : 1])))

test(
  `each of ${CODES} codes, redeemed by ${AT_ONCE} at once, gives tokens to one alone; so does each refresh token`,
  async () => {
    const visitor = await signedInVisitor()
    const winners = { codes: new Map<number, number>(), refreshTokens: new Map<number, number>() }
    const unexpected: unknown[] = []
    const judge = (answers: Awaited<ReturnType<typeof redeem>>[], won: Map<number, number>) => {
      const right = answers.filter(({ status }) => status === 200)
      won.set(right.length, (won.get(right.length) ?? 0) + 1)
      for (const { status, body } of answers) {
        if (status !== 200 && (status !== 400 || body['error'] !== 'invalid_grant')) unexpected.push({ status, body })
      }
      return right[0]?.body
    }

    for (let turn = 0; turn < CODES; turn++) {
      const code = await nextCode(visitor)
      const tokens = judge(await atOnce((port) => redeem(code, port)), winners.codes)
      judge(await atOnce((port) => refresh(tokens?.['refresh_token'], port)), winners.refreshTokens)
    }

    expect(unexpected).toEqual([])
    expect(Object.fromEntries(winners.codes)).toEqual({ 1: CODES })
    expect(Object.fromEntries(winners.refreshTokens)).toEqual({ 1: CODES })
  },
  (5 + CODES / 100) * MINUTES,
)

test('who loses the race for a refresh token costs the winner nothing', async () => {
  const visitor = await signedInVisitor()
  const first = await redeem(await nextCode(visitor), world.ports[0])
  const answers = await atOnce((port) => refresh(first.body['refresh_token'], port))
  const winner = answers.find(({ status }) => status === 200)
  expect((await userinfo(winner?.body['access_token'])).status).toBe(200)
  expect((await refresh(winner?.body['refresh_token'], world.ports[1])).status).toBe(200)
})

test('three relying parties that open in one session at once all get in', async () => {
  const visitor = await signedInVisitor()
  for (let turn = 0; turn < 20; turn++) {
    const codes = await Promise.all(
      CLIENTS.map((client, index) => nextCode(visitor, client, world.ports[index % 2 === 0 ? 0 : 1])),
    )
    const tokens = await Promise.all(
      CLIENTS.map((client, index) => redeem(codes[index] ?? '', world.ports[index % 2 === 0 ? 1 : 0], client)),
    )
    expect(tokens.map(({ status }) => status)).toEqual([200, 200, 200])
    const people = await Promise.all(tokens.map(({ body }) => userinfo(body['access_token'])))
    expect(people.map(({ status }) => status)).toEqual([200, 200, 200])
  }
})

test('of guesses at one account at once, no more are compared than its cap allows', async () => {
  const visitor = newVisitor(world.installation.issuer)
  const arrived = await visitor.go(authorizationAddress(CLIENT, REDIRECT_URI), { port: world.ports[0] })
  const page = arrived.location?.pathname ?? ''
  const guesses = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      visitor.go(`${page}/password`, {
        port: world.ports[index % 2 === 0 ? 0 : 1],
        form: { login: ACCOUNT.login, password: `guess number ${index}` },
      }),
    ),
  )
  const compared = guesses.filter(({ status }) => status !== 429)
  expect(compared.length).toBeGreaterThan(0)
  expect(compared.length).toBeLessThanOrEqual(10)
  for (const guess of guesses.filter(({ status }) => status === 429)) {
    expect(Number(guess.headers['retry-after'])).toBeGreaterThan(0)
  }
})
