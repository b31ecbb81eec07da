/** What a script on somebody's page may read of our answers, and what nobody can guess. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sampleClient } from '../support/memory-desk.ts'
import { newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

const OWN = 'https://app.school.example'
const FOREIGN = ['https://evil.example', 'https://app.school.example.evil.example', 'http://app.school.example', 'null']

let world: ProviderWorld
let visitor: Visitor
beforeAll(async () => {
  world = await openProviderWorld({
    clients: [sampleClient('app', { token_endpoint_auth_method: 'none' }), sampleClient('library')],
  })
  visitor = newVisitor(world)
})
afterAll(() => world?.close())

const readableBy = ({ headers }: { headers: Record<string, unknown> }) => headers['access-control-allow-origin'] ?? null

async function tokens(client: string, origin: string) {
  const code = await visitor.signIn({ client })
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: `https://${client}.school.example/callback`,
    code_verifier: visitor.verifier,
  }
  const { raw, body } = await visitor.machine('/token', form, client, { origin })
  return { readableBy: readableBy(raw), accessToken: String(body['access_token']) }
}

const userinfo = async (accessToken: string, origin: string) =>
  readableBy(await world.house.send('/me', { headers: { authorization: `Bearer ${accessToken}`, origin } }))

test('read answers of the endpoints that they need, from the pages that their client has registered', async () => {
  const own = await tokens('app', OWN)
  expect(own.readableBy).toBe(OWN)
  expect(await userinfo(own.accessToken, OWN)).toBe(OWN)
  for (const origin of FOREIGN) {
    expect((await tokens('app', origin)).readableBy).toBeNull()
    expect(await userinfo(own.accessToken, origin)).toBeNull()
  }
})

test('read no answer in which a client has shown its secret', async () => {
  expect((await tokens('library', 'https://library.school.example')).readableBy).toBeNull()
})

test('read nothing of the authorization endpoint', async () => {
  for (const origin of [OWN, ...FOREIGN]) {
    const headers = { origin, accept: 'text/html' }
    expect(readableBy(await world.house.send(visitor.authorizationAddress({ client: 'app' }), { headers }))).toBeNull()
    const asked = { ...headers, 'access-control-request-method': 'GET' }
    expect(readableBy(await world.house.send('/auth', { method: 'OPTIONS', headers: asked }))).toBeNull()
  }
})

test('every identifier that opens something has 128 random bits', async () => {
  const offline = { scope: 'openid offline_access', prompt: 'consent' }
  const seen: string[] = []
  for (let time = 0; time < 20; time++) {
    const somebody = newVisitor(world)
    const code = await somebody.signIn({ params: offline })
    const { body } = await somebody.redeem(code)
    const session = [...somebody.cookies].find(([name]) => /session /.test(name))?.[1].value ?? ''
    seen.push(code, String(body['access_token']), String(body['refresh_token']), session)
  }
  expect(new Set(seen).size).toBe(seen.length)
  // 22 characters of 64 are 132 bits; none of them is the same in all, as a counter or a time would be.
  for (const one of seen) expect(one).toMatch(/^[\w-]{22,}$/)
  for (const kind of [0, 1, 2, 3]) {
    const ones = seen.filter((_, at) => at % 4 === kind)
    const varying = [...(ones[0] ?? '')].filter((_, at) => new Set(ones.map((one) => one[at])).size > 4)
    expect(varying.length).toBeGreaterThanOrEqual(22)
  }
})
