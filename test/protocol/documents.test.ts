import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { announceKey, openKeyrings } from '../../src/keys/keys.ts'
import { type KeyWorld, keyWorld } from '../support/key-world.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

const DISCOVERY = '/.well-known/openid-configuration'
const PATHS = [DISCOVERY, '/.well-known/oauth-authorization-server', '/jwks']

let keys: KeyWorld
let world: ProviderWorld
beforeEach(async () => {
  keys = keyWorld()
  const { config, clock } = keys.needs
  world = await openProviderWorld({ config, clock, needs: { keyrings: await openKeyrings(keys.needs) } })
})
afterEach(() => world.close())

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  world.house.send(path, { method, headers })
const etagOf = async (path: string) => String((await ask(path)).headers.etag)

describe.each(PATHS)('%s', (path) => {
  test('is what the library says, byte for byte', async () => {
    // With a query it is asked itself.
    const [ours, itself] = [await ask(path), await ask(`${path}?itself`)]
    expect(itself.headers.etag).toBeUndefined()
    expect([ours.status, ours.body]).toEqual([200, itself.body])
    expect(ours.headers['content-type']).toBe(itself.headers['content-type'])
    expect(ours.headers['content-length']).toBe(itself.headers['content-length'])
  })

  test('may be kept for five minutes, by everybody, and read by any page', async () => {
    const { headers } = await ask(path, { origin: 'https://anywhere.example' })
    expect(headers['cache-control']).toBe('public, max-age=300')
    expect(headers['access-control-allow-origin']).toBe('*')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['set-cookie']).toBeUndefined()
  })

  test.each([
    ['it', (etag: string) => etag, 304],
    ['it among others', (etag: string) => `"another", ${etag}`, 304],
    ['it, as a cache has weakened it', (etag: string) => `W/${etag}`, 304],
    ['anything', () => '*', 304],
    ['another', () => '"another"', 200],
    ['one that it begins with', (etag: string) => `${etag.slice(0, -2)}"`, 200],
  ])('is not sent again to whoever has %s', async (_what, known, status) => {
    const etag = await etagOf(path)
    expect(etag).toMatch(/^"[\w-]{22}"$/)
    const answer = await ask(path, { 'if-none-match': known(etag) })
    expect(answer.status).toBe(status)
    expect(answer.headers.etag).toBe(etag)
    expect(answer.headers['cache-control']).toBe('public, max-age=300')
    expect(answer.body === '').toBe(status === 304)
  })

  test('has a head alone for whoever asks for that', async () => {
    const [head, whole] = [await ask(path, {}, 'HEAD'), await ask(path)]
    expect([head.status, head.body]).toEqual([200, ''])
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(whole.body)))
    expect(head.headers.etag).toBe(whole.headers.etag)
  })

  test('is told to nobody who asks another host for it', async () => {
    expect((await ask(path, { host: 'evil.example' })).status).toBe(421)
    const twice = await world.house.raw(
      `GET ${path} HTTP/1.1\r\nHost: ${new URL(world.issuer).host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    )
    expect(twice).toMatch(/^HTTP\/1\.1 421 /)
  })

  test('asks a browser that wants to know first, as the library does', async () => {
    const preflight = { origin: 'https://anywhere.example', 'access-control-request-method': 'GET' }
    expect((await ask(path, preflight, 'OPTIONS')).status).toBe(204)
  })

  test('is counted under its route', async () => {
    await ask(path)
    const name = 'campus_http_request_duration_seconds'
    const labels = { route: path, method: 'GET', status: '2xx' }
    expect(world.metrics.observed).toContainEqual({ name, labels, value: expect.any(Number) })
  })

  test('ends its connection while the server stops', async () => {
    world.house.readiness.beginStopping()
    const { host } = new URL(world.issuer)
    expect(await world.house.raw(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toMatch(/^Connection: close\r$/m)
  })
})

test('names our own addresses alone', async () => {
  const document: Record<string, unknown> = JSON.parse((await ask(DISCOVERY)).body)
  expect(document['issuer']).toBe(world.issuer)
  for (const value of Object.values(document)) {
    if (typeof value === 'string' && value.includes('://')) expect(value.startsWith(world.issuer)).toBe(true)
  }
})

test('a key that is announced is in the key set at once, and nothing else has changed', async () => {
  const [keySet, discovery] = [await etagOf('/jwks'), await etagOf(DISCOVERY)]
  const { key } = await announceKey(keys.needs, { purpose: 'ES256', actor: 'operator:wang' })
  await keys.needs.changes.refresh()
  const { body } = await ask('/jwks', { 'if-none-match': keySet })
  expect(JSON.parse(body).keys.map(({ kid }: { kid: string }) => kid)).toContain(key.id)
  expect(body).not.toContain('"d"')
  expect(await etagOf(DISCOVERY)).toBe(discovery)
})
