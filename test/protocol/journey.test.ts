import { afterEach, describe, expect, test } from '@jest/globals'
import { claimsIn, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
afterEach(() => world.close())

describe('a person signs in to a relying party', () => {
  test('by the authorization code flow, from the link to the claims', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const code = await visitor.signIn()
    const { status, body } = await visitor.redeem(code)
    expect([status, body]).toEqual([200, expect.anything()])
    expect(claimsIn(body['id_token'])).toMatchObject({ iss: world.issuer, aud: 'library', nonce: 'opaque-nonce' })
    const userinfo = await visitor.userinfo(body['access_token'])
    expect(userinfo.body).toMatchObject({ name: '吴兰' })
  })
})
