/** What the modules of the plan Dynamic look at where a client registers itself: each test bears its module's name. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { createOutboundFetch } from '../../adapters/outbound/fetch.ts'
import type { OutboundFetch } from '../../src/oidc/oidc.ts'
import { claimsIn, locationOf, newVisitor, redeemByPost } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { CALLBACK, issueToken, registration } from '../support/registering.ts'
import { openSignInHouse, sampleVisit } from '../support/sign-in-house.ts'

let world: ProviderWorld
afterEach(() => world.close())

const OTHER = 'https://tools.school.example/callback'
const SECTOR = 'https://sector.school.example/addresses.json'
const suite = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'client_secret_post' }

/** Whatever is fetched is answered by `answer`, and noted. */
async function openSuite(answer: () => Response | Promise<Response> = () => Response.json([CALLBACK, OTHER])) {
  const asked: [string, RequestInit['redirect']][] = []
  await openOutbound(async (url, { redirect }) => {
    asked.push([url, redirect])
    return answer()
  })
  return asked
}

async function openOutbound(outboundFetch: OutboundFetch) {
  world = await openProviderWorld({ config: { profile: 'conformance' }, outboundFetch })
}

const register = (document: object) => registration(world, 'POST', { document })

/** As whom the client of this registration knows 吴兰. */
async function subjectAt({ body }: Awaited<ReturnType<typeof register>>, redirectUri = CALLBACK) {
  const client = String(body['client_id'])
  const code = await newVisitor(world).signIn({ client, redirectUri, verifier: null, params: { scope: 'openid' } })
  const form = { client_id: client, client_secret: String(body['client_secret']), redirect_uri: redirectUri }
  const tokens = await redeemByPost(world, code, form)
  return claimsIn(tokens.body['id_token'])['sub']
}

describe('a sector that several hosts are', () => {
  const pairwise = { ...suite, subject_type: 'pairwise', sector_identifier_uri: SECTOR }

  test('oidcc-registration-sector-uri', async () => {
    const asked = await openSuite()
    const both = await register({ ...pairwise, redirect_uris: [CALLBACK, OTHER] })
    expect([both.status, both.body['sector_identifier_uri']]).toEqual([201, SECTOR])
    expect(asked).toEqual([[SECTOR, 'manual']])
    const other = await register({ ...pairwise, redirect_uris: [OTHER] })
    const alone = await register({ ...suite, subject_type: 'pairwise' })
    // One sector, one `sub`; and no other sector's.
    expect(await subjectAt(both)).toBe(await subjectAt(other, OTHER))
    expect(await subjectAt(both)).not.toBe(await subjectAt(alone))
    // What was looked at once is not fetched at every use.
    expect(asked).toHaveLength(2)
  })

  test('is told again to the client that reads its registration', async () => {
    await openSuite()
    const { body } = await register({ ...pairwise, redirect_uris: [CALLBACK, OTHER] })
    const path = new URL(String(body['registration_client_uri'])).pathname
    const read = await registration(world, 'GET', { path, token: body['registration_access_token'] })
    expect(read.body['sector_identifier_uri']).toBe(SECTOR)
  })

  test.each<[string, () => Response | Promise<Response>]>([
    ['oidcc-registration-sector-bad', () => Response.json([OTHER])],
    ['a list that lacks one address', () => Response.json([CALLBACK])],
    ['no list', () => Response.json({ redirect_uris: [CALLBACK, OTHER] })],
    ['no JSON', () => new Response('<html>')],
    ['an error', () => Response.json([CALLBACK, OTHER], { status: 500 })],
    ['another address', () => new Response(null, { status: 302, headers: { location: 'https://x.example/' } })],
    ['silence', () => Promise.reject(new Error('unreachable'))],
  ])('%s: nobody is registered', async (_what, answer) => {
    await openSuite(answer)
    const { status, body } = await register({ ...pairwise, redirect_uris: [CALLBACK, OTHER] })
    expect([status, body['error']]).toEqual([400, 'invalid_client_metadata'])
    expect((await world.needs.clients.list()).filter(({ managedBy }) => managedBy === 'dynamic')).toEqual([])
  })

  test('is looked at again when the addresses change', async () => {
    await openSuite(() => Response.json([CALLBACK]))
    const { body } = await register(pairwise)
    const path = new URL(String(body['registration_client_uri'])).pathname
    const { client_id, client_secret } = body
    const document = { ...pairwise, client_id, client_secret, redirect_uris: [CALLBACK, OTHER] }
    const changed = await registration(world, 'PUT', { path, token: body['registration_access_token'], document })
    expect([changed.status, changed.body['error']]).toEqual([400, 'invalid_client_metadata'])
  })

  test('is looked at also where the client says that it has been', async () => {
    const asked = await openSuite(() => Response.json([]))
    expect((await register({ ...pairwise, 'campus:sector': 'library.school.example' })).status).toBe(400)
    expect(asked).toHaveLength(1)
  })

  test('is not fetched by http, nor inside a network that the operator has not listed', async () => {
    const outbound = createOutboundFetch({ allowedNetworks: [] })
    await openOutbound(outbound.fetch)
    for (const uri of ['http://sector.school.example/', 'https://127.0.0.1:9/addresses.json']) {
      expect((await register({ ...pairwise, sector_identifier_uri: uri })).status).toBe(400)
    }
    await outbound.close()
  })

  test('is needed where a sub of its own is asked for, and by nobody else', async () => {
    await openSuite()
    const hosts = { ...suite, redirect_uris: [CALLBACK, OTHER] }
    expect((await register({ ...hosts, subject_type: 'pairwise' })).status).toBe(400)
    const everybodys = await register({ ...hosts, subject_type: 'public' })
    expect([everybodys.status, everybodys.body['sector_identifier_uri']]).toEqual([201, undefined])
    expect(await subjectAt(everybodys)).toBe(await subjectAt(await register({ ...suite, subject_type: 'public' })))
  })
})

describe('what is only linked to', () => {
  const links = {
    logo_uri: 'https://lab.school.example/logo.png',
    policy_uri: 'https://lab.school.example/privacy',
    tos_uri: 'https://lab.school.example/terms',
  }

  /** The consent page that the person sees, for the client of this registration. */
  async function consentPage(client: string) {
    const visitor = newVisitor(world)
    const asked = { client, redirectUri: CALLBACK, params: { scope: 'openid profile', prompt: 'login consent' } }
    const page = locationOf(await visitor.authorize(asked))?.pathname ?? ''
    const next = await visitor.go(`${page}/sign-in`, { person: 'lan' })
    const visit = await visitor.visit(locationOf(await visitor.go(next.headers.location ?? ''))?.pathname ?? '')
    expect(visit.prompt.name).toBe('consent')
    const house = await openSignInHouse({ visits: [sampleVisit('asking', visit)], clock: () => new Date() })
    const { body } = await house.send(`/interaction/${visit.uid}/consent`)
    await house.close()
    return body
  }

  async function pageIn(profile: 'conformance' | 'production', said: object) {
    const asked = profile === 'conformance' ? await openSuite() : []
    if (profile === 'production') world = await openProviderWorld()
    const document = { ...suite, client_name: 'Lab', ...said }
    const token = profile === 'production' ? (await issueToken(world)).value : undefined
    const { status, body } = await registration(world, 'POST', { document, token })
    expect([status, body]).toEqual([201, expect.objectContaining(said)])
    const page = await consentPage(String(body['client_id']))
    expect(asked).toEqual([])
    return page
  }

  describe.each(['conformance', 'production'] as const)('PROFILE=%s', (profile) => {
    test('oidcc-registration-logo-uri', async () => {
      const page = await pageIn(profile, { logo_uri: links.logo_uri })
      expect(page).not.toContain(links.logo_uri)
    })

    test.each([
      ['oidcc-registration-policy-uri', { policy_uri: links.policy_uri }],
      ['oidcc-registration-tos-uri', { tos_uri: links.tos_uri }],
    ])('%s', async (_module, said) => {
      const page = await pageIn(profile, said)
      const shown = [...page.matchAll(/<a href="(https:[^"]+)" target="_blank"/g)].map(([, href]) => href)
      expect(shown).toEqual(Object.values(said))
    })
  })
})
