/** Keys change while people are on their way: nobody notices. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { decodeProtectedHeader } from 'jose'
import { Provider } from 'oidc-provider'
import { ANNOUNCED_SECONDS, announceKey, openKeyrings, type RotatedPurpose, replaceKey } from '../../src/keys/keys.ts'
import { type KeyWorld, keyWorld } from '../support/key-world.ts'
import { memoryAudit } from '../support/memory-stores.ts'
import { newProver } from '../support/prover.ts'
import { locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

const actor = 'operator:wang'
const offline = { scope: 'openid offline_access', prompt: 'consent' }

let keys: KeyWorld
let world: ProviderWorld
const open = async (inside: Parameters<typeof openProviderWorld>[0] = {}) => {
  keys = keyWorld()
  const keyrings = await openKeyrings(keys.needs)
  const config = { ...keys.needs.config, issuer: 'http://localhost' }
  world = await openProviderWorld({ config, ...inside, needs: { ...inside.needs, keyrings } })
}
beforeEach(() => open())
afterEach(() => world.close())

/** Announces the next key and lets its time come. */
async function change(purpose: RotatedPurpose): Promise<string> {
  const { key } = await announceKey(keys.needs, { purpose, actor })
  await keys.needs.changes.refresh()
  keys.pass(ANNOUNCED_SECONDS)
  return key.id
}

async function changeAll(): Promise<void> {
  await change('cookies')
  await change('ES256')
}

const kidOf = (token: unknown) => decodeProtectedHeader(String(token)).kid

describe('a change of the signing keys', () => {
  test('signs with the new key from its moment on, and with the old one until then', async () => {
    const visitor = newVisitor(world)
    const { body } = await visitor.redeem(await visitor.signIn({ params: offline }))
    const before = kidOf(body['id_token'])
    const { key } = await announceKey(keys.needs, { purpose: 'ES256', actor })
    await keys.needs.changes.refresh()
    keys.pass(ANNOUNCED_SECONDS - 1)
    expect(kidOf((await visitor.refresh(body['refresh_token'])).body['id_token'])).toBe(before)
    keys.pass(1)
    expect(kidOf((await visitor.refresh(body['refresh_token'])).body['id_token'])).toBe(key.id)
    expect(await visitor.userinfo(body['access_token'])).toMatchObject({ status: 200 })
  })

  test('lets an ID token of the old key say who signs out', async () => {
    const visitor = newVisitor(world)
    const { body } = await visitor.redeem(await visitor.signIn())
    await change('ES256')
    await change('ES256')
    const answer = await visitor.go(`/session/end?id_token_hint=${body['id_token']}`)
    expect([answer.status, locationOf(answer)?.pathname]).toEqual([303, '/session/end/success'])
  })

  test('withdraws a key at once where somebody else may know it', async () => {
    const visitor = newVisitor(world)
    const { body } = await visitor.redeem(await visitor.signIn({ params: offline }))
    const { id } = await replaceKey(keys.needs, { purpose: 'ES256', actor })
    await keys.needs.changes.refresh()
    const published = JSON.parse((await world.house.send('/jwks')).body).keys
    expect(published.map(({ kid, alg }: Record<string, string>) => alg === 'ES256' && kid).filter(Boolean)).toEqual([
      id,
    ])
    expect(kidOf((await visitor.refresh(body['refresh_token'])).body['id_token'])).toBe(id)
    const hint = await visitor.go(`/session/end?id_token_hint=${body['id_token']}`)
    expect(JSON.parse(hint.body)).toMatchObject({ page: 'error' })
  })
})

test('a nonce of before a change is answered with the next one, and what it came with is still good', async () => {
  const visitor = newVisitor(world)
  const prover = await newProver()
  const { body } = await visitor.redeem(await visitor.signIn({ params: offline }))
  const refresh = async (nonce?: string) => {
    const headers = await prover.proof({ url: `${world.issuer}/token`, nonce })
    const form = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
    return visitor.machine('/token', form, 'library', headers)
  }
  const nonceIn = ({ raw }: Awaited<ReturnType<typeof refresh>>) => String(raw.headers['dpop-nonce'])
  const before = nonceIn(await refresh())
  await change('cookies')
  expect((await refresh(before)).status).toBe(200)
  await change('ES256')
  const refused = await refresh(before)
  expect([refused.status, refused.body['error']]).toEqual([400, 'use_dpop_nonce'])
  expect((await refresh(nonceIn(refused))).status).toBe(200)
})

describe('a change of all keys', () => {
  test('keeps everybody signed in, and browsers known', async () => {
    const visitor = newVisitor(world)
    await visitor.signIn()
    const device = visitor.cookies.get('campus_device /')?.value
    expect(device).toBeDefined()
    for (let round = 0; round < 3; round++) {
      await changeAll()
      expect(locationOf(await visitor.authorize())?.searchParams.has('code')).toBe(true)
    }
    expect(visitor.cookies.get('campus_device /')?.value).toBe(device)
    const again = newVisitor(world)
    again.cookies.set('campus_device /', { value: String(device), path: '/', attributes: '' })
    await again.signIn()
    const [row] = world.events.filter(({ event }) => event === 'sign-in.proven').slice(-1)
    const [first] = world.events.filter(({ event }) => event === 'sign-in.proven')
    expect(row?.device).toBe(first?.device)
  })

  test('signs the cookie of a session anew as it is read', async () => {
    const visitor = newVisitor(world)
    await visitor.signIn()
    const signature = () => visitor.cookies.get('campus_session.sig /')?.value
    const before = signature()
    expect(before).toBeDefined()
    const { key } = await announceKey(keys.needs, { purpose: 'cookies', actor })
    await keys.needs.changes.refresh()
    keys.pass(ANNOUNCED_SECONDS)
    await visitor.authorize()
    // Were the old key gone, the session would stand on the new one.
    const old = (await keys.needs.keys.list()).find(({ purpose, id }) => purpose === 'cookies' && id !== key.id)
    await keys.needs.keys.remove(old?.id ?? '')
    await keys.needs.changes.refresh()
    expect(locationOf(await visitor.authorize())?.searchParams.has('code')).toBe(true)
    expect(signature()).not.toBe(before)
  })

  test('lets a visit that began before go on, and a code be redeemed', async () => {
    const visitor = newVisitor(world)
    const arrived = await visitor.authorize()
    await changeAll()
    const answer = await visitor.finish(arrived)
    const code = locationOf(answer)?.searchParams.get('code') ?? ''
    await changeAll()
    expect((await visitor.redeem(code)).status).toBe(200)
  })

  test('lets a request that is under way finish', async () => {
    await world.close()
    await open({ verifying: changeAll })
    const visitor = newVisitor(world)
    expect((await visitor.redeem(await visitor.signIn())).status).toBe(200)
  })

  test('of the keys of cookies that somebody else may know asks everybody to sign in again', async () => {
    const visitor = newVisitor(world)
    await visitor.signIn()
    await replaceKey(keys.needs, { purpose: 'cookies', actor })
    await keys.needs.changes.refresh()
    expect(locationOf(await visitor.authorize())?.pathname).toMatch(/^\/interaction\//)
    expect((await visitor.redeem(await visitor.signIn())).status).toBe(200)
  })
})

test('a hundred changes leave nothing behind: no Provider but the present one, no listener', async () => {
  await world.close()
  const seen = new Set<WeakRef<object>>()
  const { audit } = memoryAudit()
  await open({
    needs: {
      audit: {
        ...audit,
        note() {
          const provider = Provider.ctx?.oidc.provider
          if (provider) seen.add(new WeakRef(provider))
        },
      },
    },
  })
  const visitor = newVisitor(world)
  await visitor.signIn()
  for (let round = 0; round < 100; round++) {
    await change('ES256')
    await visitor.authorize()
  }
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  const present = new Set([...seen].map((one) => one.deref()).filter((one) => one !== undefined))
  expect(seen.size).toBeGreaterThanOrEqual(100)
  expect(present.size).toBeLessThanOrEqual(3)
})
