/** Where a client publishes its keys (jwks_uri), they are fetched from there, as carefully as anything is fetched. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createOutboundFetch } from '../../adapters/outbound/fetch.ts'
import type { OutboundFetch } from '../../src/oidc/oidc.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

const JWKS_URI = 'https://library.school.example/jwks'

let world: ProviderWorld
afterEach(() => world.close())

async function newKey(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } }
}

type Key = Awaited<ReturnType<typeof newKey>>

async function open(outboundFetch: OutboundFetch, jwks_uri = JWKS_URI) {
  const clients = [sampleClient('library', { token_endpoint_auth_method: 'private_key_jwt', jwks_uri })]
  world = await openProviderWorld({ clients, outboundFetch })
}

/** What revocation, which needs nothing but the client, answers to an assertion by this key. */
async function authenticate({ kid, privateKey }: Key) {
  const now = Math.floor(Date.now() / 1_000)
  const claims = { iss: 'library', sub: 'library', aud: world.issuer, jti: crypto.randomUUID(), exp: now + 60 }
  const client_assertion = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)
  const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  const body = new URLSearchParams({ client_assertion, client_assertion_type, token: 'x' }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await world.house.send('/token/revocation', { method: 'POST', headers, body })
  return { status: answer.status, error: answer.body === '' ? null : JSON.parse(answer.body).error }
}

const keySet = (keys: readonly Key[]) => Response.json({ keys: keys.map(({ jwk }) => jwk) })

describe('a client that publishes its keys', () => {
  test('is known by each of them, which are fetched once, without a redirect', async () => {
    const keys = [await newKey('one'), await newKey('two')]
    const asked: [string, RequestInit][] = []
    await open(async (...call) => {
      asked.push(call)
      return keySet(keys)
    })
    for (const key of keys) expect((await authenticate(key)).status).toBe(200)
    expect(asked.map(([url, { redirect, method }]) => [url, redirect, method])).toEqual([[JWKS_URI, 'manual', 'GET']])
  })

  test('is not known by a key that it does not publish', async () => {
    const [own, other] = [await newKey('one'), await newKey('one')]
    await open(async () => keySet([own]))
    expect(await authenticate(other)).toEqual({ status: 401, error: 'invalid_client' })
    expect((await authenticate(own)).status).toBe(200)
  })

  test.each<[string, () => Response | Promise<Response>]>([
    ['cannot be reached', () => Promise.reject(new Error('unreachable'))],
    ['answers with an error', () => new Response('no', { status: 500 })],
    ['sends one elsewhere', () => new Response(null, { status: 302, headers: { location: 'https://x.example/' } })],
    ['answers with something else', () => new Response('<html>')],
    ['publishes a private key', () => Response.json({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }] })],
  ])('is refused while its address %s', async (_what, answer) => {
    await open(async () => answer())
    const { status } = await authenticate(await newKey('one'))
    expect([400, 401]).toContain(status)
  })

  test('has no key at an address inside the school that the operator has not listed', async () => {
    const outbound = createOutboundFetch({ allowedNetworks: [] })
    await open(outbound.fetch, 'https://127.0.0.1:9/jwks')
    expect([400, 401]).toContain((await authenticate(await newKey('one'))).status)
    await outbound.close()
  })
})
