import { afterEach, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { hashSecret, rememberClients } from '../../src/clients/clients.ts'
import { memoryClients, memoryResourceServers, SAMPLE_SECRET, sampleClient } from '../support/memory-desk.ts'
import { newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { memoryChanges } from '../support/sample-keyrings.ts'

let world: ProviderWorld
afterEach(() => world.close())

const form = { 'content-type': 'application/x-www-form-urlencoded' }

async function post(visitor: Visitor, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const code = await visitor.signIn()
  const body = new URLSearchParams({ ...redemption(visitor, code), ...fields }).toString()
  const answer = await world.house.send('/token', { method: 'POST', headers: { ...form, ...headers }, body })
  return { status: answer.status, error: JSON.parse(answer.body).error }
}

function redemption(visitor: Visitor, code: string): Record<string, string> {
  return {
    grant_type: 'authorization_code',
    code,
    redirect_uri: 'https://library.school.example/callback',
    code_verifier: visitor.verifier,
  }
}

const basic = (secret: string) => ({ authorization: `Basic ${Buffer.from(`library:${secret}`).toString('base64')}` })

describe('a client with a secret', () => {
  test('is known by each of its secrets, in the header and in the form, and by nothing else', async () => {
    world = await openProviderWorld()
    const second = 'Zq8TnB4wKx6LrV1mYc3JpH7sDf9GuE2A'
    const record = sampleClient('library')
    await world.needs.clients.put({ ...record, secretHashes: [hashSecret(second), ...record.secretHashes] })
    const visitor = newVisitor(world)
    for (const secret of [SAMPLE_SECRET, second]) {
      expect((await post(visitor, {}, basic(secret))).status).toBe(200)
      expect((await post(visitor, { client_id: 'library', client_secret: secret })).status).toBe(200)
    }
    const stored = record.secretHashes[0] ?? ''
    for (const wrong of ['', 'wrong', `${SAMPLE_SECRET}x`, SAMPLE_SECRET.slice(1), stored, 'undefined']) {
      expect(await post(visitor, {}, basic(wrong))).toEqual({
        status: wrong === '' ? 400 : 401,
        error: expect.any(String),
      })
    }
    expect(await post(visitor, { client_id: 'library' })).toEqual({ status: 401, error: 'invalid_client' })
    const refused = world.events.filter(({ event }) => event === 'client-authentication.refused')
    expect(refused.length).toBeGreaterThan(4)
    expect(JSON.stringify(world.events)).not.toContain(SAMPLE_SECRET)
  })

  test('whose secrets are all gone is known by none', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    await world.needs.clients.put({ ...sampleClient('library'), secretHashes: [] })
    expect((await post(visitor, {}, basic(SAMPLE_SECRET))).status).toBe(401)
  })
})

describe('a client that a process remembers', () => {
  test('is refused from the moment on that its disabling is known, or that nothing could be known', async () => {
    const [stored, changes] = [memoryClients([sampleClient('library'), sampleClient('canteen')]), memoryChanges()]
    const known = rememberClients({ clients: stored, resourceServers: memoryResourceServers(), changes })
    world = await openProviderWorld({ needs: { clients: { ...stored, ...known.clients } } })
    const visitor = newVisitor(world)
    const asked = () => Promise.all(['library', 'canteen'].map((client) => visitor.refresh('x', client)))
    const errors = async () => (await asked()).map(({ body }) => body['error'])
    expect(await errors()).toEqual(['invalid_grant', 'invalid_grant'])
    await stored.put(sampleClient('library', { client_name: 'another' }))
    await stored.disable('library', new Date())
    changes.count('clients')
    await changes.refresh()
    expect(await errors()).toEqual(['invalid_client', 'invalid_grant'])
    await stored.disable('canteen', new Date())
    changes.lookedAgo(10_000)
    expect(await errors()).toEqual(['invalid_client', 'invalid_client'])
  })
})

describe('a client with a key (private_key_jwt)', () => {
  async function withKey() {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig' }] }
    const clients = [sampleClient('library', { token_endpoint_auth_method: 'private_key_jwt', jwks })]
    world = await openProviderWorld({ clients })
    const assertion = (changes: JWTPayload = {}) => {
      const now = Math.floor(Date.now() / 1_000)
      const claims = { iss: 'library', sub: 'library', aud: world.issuer, jti: crypto.randomUUID(), exp: now + 60 }
      return new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey)
    }
    return { visitor: newVisitor(world), assertion }
  }

  const proof = (assertion: string) => ({
    client_assertion: assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  })

  test('is known by an assertion, once', async () => {
    const { visitor, assertion } = await withKey()
    const once = proof(await assertion())
    expect((await post(visitor, once)).status).toBe(200)
    expect(await post(visitor, once)).toEqual({ status: 401, error: 'invalid_client' })
  })

  test('presents one assertion eight times at once, and one is accepted', async () => {
    const { visitor, assertion } = await withKey()
    const fields = { ...proof(await assertion()), token: 'x' }
    const body = new URLSearchParams(fields).toString()
    const asked = { method: 'POST', headers: form, body }
    const answers = await Promise.all(Array.from({ length: 8 }, () => world.house.send('/token/revocation', asked)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(7)
    expect((await post(visitor, proof(await assertion()))).status).toBe(200)
  })

  test('may not speak of the year 3000, of another audience, or for another', async () => {
    const { visitor, assertion } = await withKey()
    const soon = Math.floor(Date.now() / 1_000)
    for (const changes of [
      { exp: soon + 600 },
      { exp: 32_503_680_000 },
      { exp: soon - 60 },
      { aud: 'https://x.example' },
      { iss: 'x' },
    ]) {
      expect(await post(visitor, proof(await assertion(changes)))).toEqual({ status: 401, error: 'invalid_client' })
    }
    expect(world.store.calls.filter(({ key }) => key.startsWith('oidc:replay-detection:'))).toEqual([])
  })
})
