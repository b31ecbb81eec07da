/**
 * A thousand hostile JWTs at every parameter that takes one: none is accepted, none is answered as a fault of ours, and
 * none makes us fetch anything.
 */
import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { SignJWT } from 'jose'
import { type Attack, type GoodToken, hostileTokens } from '../support/hostile-tokens.ts'
import { SAMPLE_SECRET, sampleClient, sampleResourceServer, sampleService } from '../support/memory-desk.ts'
import { locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

const COUNT = 1_000
const SEED = 20261126
const ROOMS = 'https://rooms.school.example/'
const LOGOUT = 'https://library.school.example/'

let world: ProviderWorld
let visitor: Visitor
let idToken: string
let accessToken: string
let jwtAccessToken: string
const fetched: string[] = []
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

beforeAll(async () => {
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'own' }] }
  const resources = [{ identifier: ROOMS, scopes: ['grades:read'] }]
  world = await openProviderWorld({
    clients: [
      sampleClient('library', { jwks }),
      sampleService('timetable', resources, { token_endpoint_auth_method: 'private_key_jwt', jwks }),
      sampleService('open-service', resources),
      sampleService('asking', [], { grant_types: [] }),
    ],
    resourceServers: [sampleResourceServer(ROOMS, null)],
    outboundFetch: async (url) => {
      fetched.push(String(url))
      throw new Error('nobody is to be reached')
    },
  })
  visitor = newVisitor(world)
  const { body } = await visitor.redeem(await visitor.signIn())
  idToken = String(body['id_token'])
  accessToken = String(body['access_token'])
  const own = await visitor.machine('/token', { grant_type: 'client_credentials', resource: ROOMS }, 'open-service')
  jwtAccessToken = String(own.body['access_token'])
})
afterAll(() => world?.close())

const now = () => Math.floor(Date.now() / 1000)

async function goodToken(header: Record<string, unknown>, payload: Record<string, unknown>): Promise<GoodToken> {
  const token = await new SignJWT(payload).setProtectedHeader({ alg: 'ES256', ...header }).sign(privateKey)
  return { header: { alg: 'ES256', ...header }, payload, token, publicKey, secret: SAMPLE_SECRET }
}

/** One of ours: whoever attacks has the token and our public key, as everybody has. */
async function ofOurs(token: string): Promise<GoodToken> {
  const [header = '', payload = ''] = token.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  const { kid } = read(header)
  const { keys } = JSON.parse((await world.house.send('/jwks')).body)
  const jwk = keys.find((key: { kid: string }) => key.kid === kid)
  const own = createPublicKey({ key: jwk, format: 'jwk' })
  return { header: read(header), payload: read(payload), token, publicKey: own, secret: SAMPLE_SECRET }
}

const requestObject = () =>
  goodToken(
    { kid: 'own', typ: 'oauth-authz-req+jwt' },
    {
      iss: 'library',
      aud: world.issuer,
      exp: now() + 240,
      jti: randomUUID(),
      client_id: 'library',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: 'https://library.school.example/callback',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    },
  )
const assertion = () =>
  goodToken(
    { kid: 'own' },
    { iss: 'timetable', sub: 'timetable', aud: world.issuer, jti: randomUUID(), exp: now() + 60, iat: now() },
  )
const proof = (htm: string, path: string, more = {}) =>
  goodToken(
    { typ: 'dpop+jwt', jwk: publicKey.export({ format: 'jwk' }) },
    { htm, htu: `${world.issuer}${path}`, jti: randomUUID(), iat: now(), ...more },
  )

interface Place {
  name: string
  good(): Promise<GoodToken>
  /** Answers the status, and whether what the token says was believed. */
  present(token: string): Promise<{ status: number; accepted: boolean }>
}

const query = (address: string, more: Record<string, string>) => `${address}&${new URLSearchParams(more)}`
const assertionForm = (token: string) => ({
  client_id: 'timetable',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: token,
})

/** Without the secret that other clients authenticate with. */
async function post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const answer = await world.house.send(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  })
  return { status: answer.status, accepted: answer.status < 300, body: answer.body }
}

/** Node sends nothing else in a header. */
const inHeader = (token: string) => token.replace(/[^\x20-\x7e]/g, '~')

async function authorized(parameters: Record<string, string>) {
  const answer = await visitor.go(query(visitor.authorizationAddress(), parameters))
  const to = locationOf(answer)
  const accepted = to !== null && (to.searchParams.has('code') || to.pathname.startsWith('/interaction/'))
  return { status: answer.status, accepted }
}

const PLACES: Place[] = [
  {
    name: 'id_token_hint of a sign-in',
    good: () => ofOurs(idToken),
    present: (token) => authorized({ prompt: 'none', id_token_hint: token }),
  },
  {
    name: 'id_token_hint of a sign-out',
    good: () => ofOurs(idToken),
    async present(token) {
      const parameters = { id_token_hint: token, post_logout_redirect_uri: LOGOUT }
      const { status } = await newVisitor(world).go(`/session/end?${new URLSearchParams(parameters)}`)
      return { status, accepted: status < 400 }
    },
  },
  {
    name: 'request of a sign-in',
    good: requestObject,
    async present(token) {
      const parameters = new URLSearchParams({ client_id: 'library', request: token })
      const to = locationOf(await visitor.go(`/auth?${parameters}`))
      return { status: 200, accepted: to !== null && !to.searchParams.has('error') }
    },
  },
  {
    name: 'request that is pushed',
    good: requestObject,
    async present(token) {
      const { raw, status } = await visitor.machine('/request', { request: token }, 'library')
      return { status, accepted: raw.status === 201 }
    },
  },
  {
    name: 'client_assertion',
    good: assertion,
    present: (token) => post('/token', { grant_type: 'client_credentials', resource: ROOMS, ...assertionForm(token) }),
  },
  {
    name: 'client_assertion of one who asks about tokens',
    good: assertion,
    present: (token) => post('/token/introspection', { token: accessToken, ...assertionForm(token) }),
  },
  {
    name: 'proof of possession for a token',
    good: () => proof('POST', '/token'),
    async present(token) {
      const form = { grant_type: 'client_credentials', resource: ROOMS }
      const { status, body } = await visitor.machine('/token', form, 'open-service', { dpop: inHeader(token) })
      return { status, accepted: body['token_type'] === 'DPoP' || status === 200 }
    },
  },
  {
    name: 'access token at userinfo',
    good: () => ofOurs(jwtAccessToken),
    async present(token) {
      const { status } = await world.house.send('/me', { headers: { authorization: `Bearer ${inHeader(token)}` } })
      return { status, accepted: status === 200 }
    },
  },
  {
    name: 'token that is asked about',
    good: () => ofOurs(jwtAccessToken),
    async present(token) {
      const { status, body } = await visitor.machine('/token/introspection', { token }, 'asking')
      return { status, accepted: body['active'] === true }
    },
  },
]

/** Each takes the good one; the two places that know opaque tokens alone take no JWT at all. */
const TAKE_NONE = new Set(['access token at userinfo', 'token that is asked about'])

test.each(PLACES)('$name', async ({ name, good, present }) => {
  const example = await good()
  const attacks = hostileTokens(example, { count: COUNT, seed: SEED })
  const wrong: (Attack & { status: number })[] = []
  for (const attack of attacks) {
    const { status, accepted } = await present(attack.token)
    if (accepted || status >= 500) wrong.push({ ...attack, status })
  }
  expect(wrong.map(({ kind, status, token }) => ({ kind, status, token: token.slice(0, 300) }))).toEqual([])
  expect(await present(example.token)).toMatchObject({ accepted: !TAKE_NONE.has(name) })
  expect(fetched).toEqual([])
})
