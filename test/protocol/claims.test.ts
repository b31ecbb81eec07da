import { afterEach, describe, expect, test } from '@jest/globals'
import { CLAIMS_OF_SCOPE, type ClientMetadata, KNOWN_SCOPES } from '../../src/clients/clients.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { claimsIn, locationOf, newVisitor, redeemByPost } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld, samplePerson } from '../support/provider-world.ts'
import { samplePlacement, sampleProfile } from '../support/sample-profile.ts'

let world: ProviderWorld
afterEach(() => world.close())

const EVERYTHING = KNOWN_SCOPES.join(' ')

/** A client that is registered for everything but what is changed, and a person of whom everything is known. */
async function open(changes: Partial<ClientMetadata> = {}) {
  const client = sampleClient('library', { scope: EVERYTHING, ...changes })
  world = await openProviderWorld({ clients: [client], config: { schoolDomain: 'school.example' } })
  const word = { code: '1', name: '一', nameInEnglish: null }
  const placement = samplePlacement({
    type: { ...word, affiliations: ['student', 'member'], entitlements: ['urn:mace:dir:entitlement:common-lib-terms'] },
    organisation: { ...word, above: [word] },
    ...{ major: word, class: word, grade: '2022', level: '本科', admittedOn: '2022-09-01', graduatesOn: '2026-06-30' },
  })
  const lan = samplePerson('lan', '202407010101')
  const contact = (value: string) => ({ value, verifiedAt: new Date(0) })
  world.profiles.set(
    'lan',
    sampleProfile(lan, {
      ...{ familyName: '吴', givenName: '兰', orcid: '0000-0002-1825-0097' },
      ...{ phone: contact('+8613800000000'), email: contact('lan@school.example') },
      placements: new Map([['lan-1', placement]]),
    }),
  )
  const visitor = newVisitor(world)
  const answers = async (params: Record<string, string>) => {
    const { body } = await visitor.redeem(await visitor.signIn({ params }))
    const userinfo = (await visitor.userinfo(body['access_token'])).body
    return { userinfo, idToken: claimsIn(body['id_token']), body }
  }
  return { visitor, answers }
}

const OF_ID_TOKEN = ['sub', 'acr', 'amr', 'auth_time', 'iss', 'aud', 'exp', 'iat', 'nonce'].toSorted()

describe('O4: userinfo', () => {
  test.each(KNOWN_SCOPES.filter((scope) => scope !== 'openid'))(
    'answers the claims of %s and no other',
    async (scope) => {
      const { answers } = await open()
      const { userinfo, idToken } = await answers({ scope: `openid ${scope}` })
      expect(Object.keys(userinfo).toSorted()).toEqual([...CLAIMS_OF_SCOPE[scope], 'sub'].toSorted())
      expect(userinfo['sub']).toBe(idToken['sub'])
      expect(Object.keys(idToken).toSorted()).toEqual(OF_ID_TOKEN)
    },
  )

  test('answers no claim of a scope that was not asked for, or not registered', async () => {
    const { answers, visitor } = await open({ scope: 'openid campus_basic campus_org' })
    expect(Object.keys((await answers({ scope: 'openid campus_basic' })).userinfo).toSorted()).toEqual(
      [...CLAIMS_OF_SCOPE.campus_basic, 'sub'].toSorted(),
    )
    const refused = locationOf(await visitor.authorize({ params: { scope: 'openid phone' } }))
    expect(refused?.searchParams.get('error')).toBe('invalid_scope')
    const single = JSON.stringify({ userinfo: { phone_number: { essential: true } }, id_token: { email: null } })
    const { userinfo, idToken } = await answers({ scope: 'openid', claims: single })
    expect([Object.keys(userinfo), idToken['email']]).toEqual([['sub'], undefined])
  })

  test('answers single claims, also in the ID token, where they were asked for', async () => {
    const { answers } = await open()
    const claims = JSON.stringify({ userinfo: { email: null }, id_token: { campus_id: { essential: true } } })
    const { userinfo, idToken } = await answers({ scope: 'openid', claims })
    expect(Object.keys(userinfo).toSorted()).toEqual(['email', 'sub'])
    expect(idToken).toMatchObject({ campus_id: '202407010101' })
  })

  test('says what is known at that moment, and not what was when the token was issued', async () => {
    const { visitor } = await open()
    const { body } = await visitor.redeem(await visitor.signIn({ params: { scope: 'openid phone' } }))
    world.profiles.set('lan', sampleProfile(samplePerson('lan', '202407010101')))
    expect(Object.keys((await visitor.userinfo(body['access_token'])).body)).toEqual(['sub'])
  })
})

test('O1: an ID token says who issued it for whom and when, and echoes the nonce', async () => {
  const { answers } = await open({ scope: 'openid' })
  const before = Math.floor(Date.now() / 1_000)
  const { idToken } = await answers({ scope: 'openid', nonce: 'n-0S6_WzA2Mj' })
  expect(idToken).toMatchObject({ iss: world.issuer, aud: 'library', nonce: 'n-0S6_WzA2Mj' })
  const { iat, exp, auth_time: authTime } = idToken
  expect(Number(exp)).toBeGreaterThan(Number(iat))
  for (const time of [iat, authTime]) expect(Math.abs(Number(time) - before)).toBeLessThan(10)
})

describe('a client’s terms', () => {
  test('leave it less than its scopes have, in whatever way it asks', async () => {
    const { answers } = await open({ claims: ['campus_id', 'email'] })
    const claims = JSON.stringify({ userinfo: { phone_number: null }, id_token: { name: null } })
    const { userinfo, idToken } = await answers({ scope: EVERYTHING, claims })
    expect(Object.keys(userinfo).toSorted()).toEqual(['campus_id', 'email', 'sub'])
    expect(idToken).not.toHaveProperty('name')
  })

  test('are what the consent page speaks of, and no more', async () => {
    const { visitor } = await open({ first_party: false, claims: ['name', 'campus_org_name'] })
    const claims = JSON.stringify({ userinfo: { campus_id: null } })
    const arrived = locationOf(await visitor.authorize({ params: { scope: 'openid campus_basic', claims } }))
    const signedIn = await visitor.go(`${arrived?.pathname}/sign-in`, { person: 'lan' })
    const page = locationOf(await visitor.go(locationOf(signedIn)?.href ?? ''))?.pathname ?? ''
    expect((await visitor.visit(page)).prompt).toMatchObject({ name: 'consent', claims: [], fields: ['name'] })
  })

  test('hold at once, also for tokens that it has already', async () => {
    const { visitor } = await open()
    const { body } = await visitor.redeem(await visitor.signIn({ params: { scope: 'openid email phone' } }))
    await world.needs.clients.put(
      sampleClient('library', { scope: EVERYTHING, claims: ['email'], claim_names: { email: 'mail' } }),
    )
    expect((await visitor.userinfo(body['access_token'])).body).toEqual({
      sub: expect.any(String),
      mail: 'lan@school.example',
    })
  })

  test('give claims the names that older software knows, wherever it reads them', async () => {
    const { answers } = await open({ claim_names: { campus_id: 'uid', name: 'cn' } })
    const claims = JSON.stringify({ id_token: { campus_id: null } })
    const { userinfo, idToken } = await answers({ scope: 'openid campus_basic', claims })
    expect(userinfo).toMatchObject({ uid: '202407010101', cn: '吴兰' })
    expect(userinfo).not.toHaveProperty('campus_id')
    expect(userinfo).not.toHaveProperty('name')
    expect(idToken).toMatchObject({ uid: '202407010101', iss: world.issuer, aud: 'library' })
  })

  test('put claims into the ID token for software that reads nothing else', async () => {
    const { answers } = await open({
      claims_in_id_token: true,
      claims: ['campus_id', 'name', 'campus_type'],
      claim_names: { campus_id: 'uid' },
    })
    const { userinfo, idToken } = await answers({ scope: 'openid campus_basic offline_access', prompt: 'consent' })
    const expected = { sub: expect.any(String), uid: '202407010101', name: '吴兰', campus_type: 'undergraduate' }
    expect(userinfo).toEqual(expected)
    expect(idToken).toMatchObject(expected)
    expect(Object.keys(idToken).toSorted()).toEqual([...OF_ID_TOKEN, 'uid', 'name', 'campus_type'].toSorted())
  })

  test('put nothing into the ID token that was not asked for', async () => {
    const { answers } = await open({ claims_in_id_token: true })
    expect(Object.keys((await answers({ scope: 'openid' })).idToken).toSorted()).toEqual(OF_ID_TOKEN)
  })
})

describe('a Shibboleth gateway', () => {
  const gateway = {
    scope: 'openid campus_basic eduperson',
    token_endpoint_auth_method: 'client_secret_post',
    pkce_exempt: 'the OAuth connector of a Shibboleth identity provider cannot send PKCE',
    claim_names: { campus_id: 'uid' },
  }
  const params = { scope: 'openid campus_basic', state: 'xyz' }

  test('signs people in without PKCE and with one state for all, and reads a flat uid', async () => {
    const { visitor } = await open(gateway)
    const code = await visitor.signIn({ verifier: null, params })
    const { body } = await redeemByPost(world, code)
    const { body: userinfo } = await visitor.userinfo(body['access_token'])
    expect(userinfo).toMatchObject({ uid: '202407010101', name: '吴兰' })
  })

  test('gets a code once, for its own address, with its own secret', async () => {
    const { visitor } = await open(gateway)
    const code = await visitor.signIn({ verifier: null, params })
    expect((await redeemByPost(world, code, { client_secret: 'another secret that somebody made up' })).status).toBe(
      401,
    )
    expect((await redeemByPost(world, code)).status).toBe(200)
    expect((await redeemByPost(world, code)).status).toBe(400)
  })

  test('may still send PKCE, and is then held to it', async () => {
    const { visitor } = await open(gateway)
    const code = await visitor.signIn({ params })
    expect((await redeemByPost(world, code)).status).toBe(400)
  })
})
