/** What the modules of the plan Basic look at by scope (OpenID Connect Core §5.4), as far as we have the claims. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sampleClient } from '../support/memory-desk.ts'
import { newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld, samplePerson } from '../support/provider-world.ts'
import { sampleProfile } from '../support/sample-profile.ts'

let world: ProviderWorld
beforeAll(async () => {
  const plain = { pkce_exempt: 'the suite sends no PKCE', scope: 'openid profile email phone offline_access' }
  world = await openProviderWorld({ clients: [sampleClient('library', plain)] })
  const contact = (value: string) => ({ value, verifiedAt: new Date(0) })
  const known = { phone: contact('+8613800000000'), email: contact('lan@school.example') }
  world.profiles.set('lan', sampleProfile(samplePerson('lan', '202407010101'), known))
})
afterAll(() => world.close())

const EMAIL = { email: 'lan@school.example', email_verified: true }
const PHONE = { phone_number: '+8613800000000', phone_number_verified: true }

async function userinfoFor(scope: string) {
  const visitor = newVisitor(world)
  const code = await visitor.signIn({ verifier: null, params: { scope } })
  const { body } = await visitor.redeem(code, { verifier: null })
  const { sub, ...claims } = (await visitor.userinfo(body['access_token'])).body
  expect(sub).toBeTruthy()
  return { scope: body['scope'], claims }
}

test('oidcc-scope-email', async () => {
  expect((await userinfoFor('openid email')).claims).toEqual(EMAIL)
})

test('oidcc-scope-phone', async () => {
  expect((await userinfoFor('openid phone')).claims).toEqual(PHONE)
})

test('oidcc-scope-all', async () => {
  const { scope, claims } = await userinfoFor('openid profile email address phone')
  expect(claims).toMatchObject({ ...EMAIL, ...PHONE, name: '吴兰' })
  // What there is not is neither granted nor answered, and discovery does not have it.
  expect(String(scope).split(' ').toSorted()).toEqual(['email', 'openid', 'phone', 'profile'])
  expect(claims).not.toHaveProperty('address')
  const { body } = await world.house.send('/.well-known/openid-configuration')
  expect(JSON.parse(body).scopes_supported).not.toContain('address')
})
