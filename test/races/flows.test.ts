/** What a client may use once besides codes and refresh tokens: of eight at once one succeeds, in whichever process. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { newProver } from '../support/prover.ts'
import { type Answer, ask, authorizationAddress, newVisitor, VERIFIER } from '../support/visitor.ts'
import { ACCOUNT, declaredClient, openWorld, REDIRECT_URI, type World } from './world.ts'

/** `npm run faults` asks for ten thousand. */
const TURNS = Number(process.env['RACE_CODES'] ?? 1_000)
const AT_ONCE = 8
const MINUTES = 60_000
const PATIENCE = (5 + TURNS / 100) * MINUTES

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const FORM = { accept: 'text/html' }

let world: World
let signer: CryptoKey
beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true })
  signer = pair.privateKey
  const jwk: JWK = { ...(await exportJWK(pair.publicKey)), alg: 'ES256', use: 'sig' }
  const confidential = { ...declaredClient('grades'), application_type: 'web', jwks: { keys: [jwk] } }
  world = await openWorld([
    {
      ...confidential,
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
    },
    { ...declaredClient('proving'), dpop_bound_access_tokens: true },
  ])
}, 2 * MINUTES)
afterAll(() => world?.close())

/** Of the client that shows a key. */
async function asserted(form: Record<string, string>): Promise<Record<string, string>> {
  const now = Math.floor(Date.now() / 1_000)
  const { issuer } = world.installation
  const claims = { iss: 'grades', sub: 'grades', aud: issuer, jti: randomUUID(), exp: now + 120 }
  const client_assertion = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(signer)
  return { ...form, client_id: 'grades', client_assertion, client_assertion_type: ASSERTION_TYPE }
}

const send = (path: string, form: Record<string, string>, port = world.ports[0]) =>
  ask(world.installation.issuer, path, { port, form })

async function signedInVisitor() {
  const visitor = newVisitor(world.installation.issuer)
  await visitor.signIn('library', REDIRECT_URI, ACCOUNT, world.ports[0])
  return visitor
}

/** Half of them at one process, half at the other. */
const atOnce = (one: (port: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: AT_ONCE }, (_, index) => one(world.ports[index % 2 === 0 ? 0 : 1])))

interface Race {
  hasWon(answer: Answer): boolean
  hasLost(answer: Answer): boolean
}

/** How many have won, by how often that was so, and whatever was neither won nor lost. */
async function hold({ hasWon, hasLost }: Race, turn: () => Promise<(port: number) => Promise<Answer>>) {
  const winners = new Map<number, number>()
  const unexpected: unknown[] = []
  for (let turns = 0; turns < TURNS; turns++) {
    const answers = await atOnce(await turn())
    const won = answers.filter(hasWon).length
    winners.set(won, (winners.get(won) ?? 0) + 1)
    const others = answers.filter((answer) => !hasWon(answer) && !hasLost(answer))
    unexpected.push(...others.map(({ status, text }) => ({ status, text: text.slice(0, 200) })))
  }
  return { winners: Object.fromEntries(winners), unexpected: unexpected.slice(0, 5) }
}

const once = { winners: { 1: TURNS }, unexpected: [] }

test(
  `each of ${TURNS} pushed requests, opened by ${AT_ONCE} tabs at once, leads to one code`,
  async () => {
    const visitor = await signedInVisitor()
    const race: Race = {
      hasWon: ({ location }) => location?.searchParams.has('code') ?? false,
      // Those that come later than the answer are told so before, and those that lose it, on their way back.
      hasLost: ({ location, text }) =>
        location === null
          ? text.includes('invalid_request_uri')
          : location.searchParams.get('error') === 'invalid_request_uri',
    }
    const params = Object.fromEntries(new URLSearchParams(authorizationAddress('grades', REDIRECT_URI).split('?')[1]))
    const held = await hold(race, async () => {
      const { text } = await send('/request', await asserted(params))
      const address = `/auth?${new URLSearchParams({ client_id: 'grades', request_uri: JSON.parse(text).request_uri })}`
      return (port) => visitor.go(address, { port })
    })
    expect(held).toEqual(once)
  },
  PATIENCE,
)

test(
  `each of ${TURNS} assertions of a client, sent ${AT_ONCE} times at once, is taken once`,
  async () => {
    const race: Race = {
      hasWon: ({ status }) => status === 200,
      hasLost: ({ status, text }) => status === 401 && text.includes('invalid_client'),
    }
    const held = await hold(race, async () => {
      const form = await asserted({ token: 'x' })
      return (port) => send('/token/revocation', form, port)
    })
    expect(held).toEqual(once)
  },
  PATIENCE,
)

test(
  `each of ${TURNS} proofs of possession, sent ${AT_ONCE} times at once, is taken once`,
  async () => {
    const { issuer } = world.installation
    const prover = await newProver()
    const visitor = await signedInVisitor()
    const { location } = await visitor.go(authorizationAddress('proving', REDIRECT_URI), { port: world.ports[0] })
    const form = { grant_type: 'authorization_code', client_id: 'proving', redirect_uri: REDIRECT_URI }
    const tokens = await ask(issuer, '/token', {
      port: world.ports[1],
      form: { ...form, code: location?.searchParams.get('code') ?? '', code_verifier: VERIFIER },
      headers: await prover.proof({ url: `${issuer}/token` }),
    })
    const accessToken = String(JSON.parse(tokens.text).access_token)
    const race: Race = { hasWon: ({ status }) => status === 200, hasLost: ({ status }) => status === 401 }
    const held = await hold(race, async () => {
      const proof = await prover.proof({ method: 'GET', url: `${issuer}/me`, accessToken })
      const headers = { authorization: `DPoP ${accessToken}`, ...proof }
      return (port) => ask(issuer, '/me', { port, headers })
    })
    expect(held).toEqual(once)
  },
  PATIENCE,
)

test(
  `each of ${TURNS} devices that were let in gets tokens once, of ${AT_ONCE} requests at once`,
  async () => {
    const visitor = await signedInVisitor()
    const race: Race = {
      hasWon: ({ status }) => status === 200,
      hasLost: ({ status, text }) => status === 400 && text.includes('invalid_grant'),
    }
    /** A busy machine may answer 503 on the way: that is no race. */
    async function letIn(): Promise<string> {
      const [port, other] = world.ports
      const asking = JSON.parse((await send('/device/auth', await asserted({ scope: 'openid' }))).text)
      const { text } = await visitor.go('/device', { port, headers: FORM })
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(text)?.[1] ?? ''
      const form = { xsrf, user_code: asking.user_code, confirm: 'yes' }
      const allowed = await visitor.go('/device', { port: other, form })
      if (allowed.status === 503) return letIn()
      if (!allowed.text.includes('grades')) throw new Error(`not let in: ${allowed.status} ${allowed.text}`)
      return asking.device_code
    }
    const held = await hold(race, async () => {
      const polls = { grant_type: DEVICE_GRANT, device_code: await letIn() }
      const forms = await Promise.all(Array.from({ length: AT_ONCE }, () => asserted(polls)))
      return (at) => send('/token', forms.pop() ?? {}, at)
    })
    expect(held).toEqual(once)
  },
  PATIENCE,
)
