/**
 * Two servers on one database and one Redis whose keys change while they run, and relying parties that keep the key
 * set. Rotation and caches go by one clock, which the test moves; tokens and sessions by the real one.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose'
import { pino } from 'pino'
import { createChangeStore } from '../../adapters/postgres/changes.ts'
import { openPool } from '../../adapters/postgres/pool.ts'
import { storesOn } from '../../adapters/postgres/stores.ts'
import { openRedis } from '../../adapters/redis/connect.ts'
import { createRedisExpiring } from '../../adapters/redis/expiring.ts'
import type { Stores } from '../../src/campus.ts'
import { watchChanges } from '../../src/changes/changes.ts'
import { announceKey, keyRotation, openKeyrings, type RotatedPurpose } from '../../src/keys/keys.ts'
import { silentMetrics } from '../../src/metrics/metrics.ts'
import { freshDatabase, freshRedis } from './fresh-stores.ts'
import { sampleClient } from './memory-desk.ts'
import { memoryAudit } from './memory-stores.ts'
import { newVisitor } from './provider-visitor.ts'
import { openProviderWorld, type ProviderWorld, samplePerson } from './provider-world.ts'
import { sampleConfig } from './sample-config.ts'

const log = pino({ level: 'silent' })
const ISSUER = 'http://localhost'
/** ES256 and RS256. */
export const CLIENTS = ['library', 'canteen'] as const

export type RotatingHouses = Awaited<ReturnType<typeof openRotatingHouses>>

export async function openRotatingHouses() {
  const [postgres, server] = await Promise.all([freshDatabase({ migrated: true }), freshRedis()])
  const database = openPool({ url: postgres.url, log })
  const redis = await openRedis({ kind: 'standalone', url: server.url, waitReplicas: 0 }, log)
  const stores = storesOn(database)
  const { audit } = memoryAudit()
  let now = Date.now()
  const lan = randomUUID()
  const person = samplePerson(lan, '202407010101')
  const identities = person.identities.map((identity) => ({ ...identity, id: randomUUID() }))
  await stores.people.create({ ...person, identities, aliases: [] })
  const clients = CLIENTS.map((id, index) =>
    sampleClient(id, { id_token_signed_response_alg: index === 0 ? 'ES256' : 'RS256' }),
  )
  for (const client of clients) await stores.clients.put(client)
  const config = sampleConfig({ issuer: ISSUER, keyRotationDays: 0, cookieKeyRotationDays: 0 })
  const random = { token: (bytes: number) => randomBytes(bytes).toString('base64url'), uuid: () => randomUUID() }
  const transaction = <Result>(work: (inside: Stores) => Promise<Result>) =>
    database.transaction((inside) => work({ ...storesOn(inside), audit } as Stores))

  /** Each has its own look at what was changed, and a clock that is a little off. */
  async function openHouse(skewSeconds: number) {
    const changes = watchChanges({ store: createChangeStore(database), log, timer: () => () => undefined })
    const clock = () => new Date(now + skewSeconds * 1_000)
    const needs = { config, clock, random, keys: stores.keys, changes, transaction, log, metrics: silentMetrics }
    const keyrings = await openKeyrings(needs)
    const ports = { ...stores, expiring: createRedisExpiring(redis), keyrings }
    const world = await openProviderWorld({ config, needs: ports })
    return { world, needs, pickUp: () => changes.refresh(), stop: () => changes.stop() }
  }
  const houses = [await openHouse(0), await openHouse(4)] as const

  return {
    houses,
    lan,
    now: () => now,
    pass: (seconds: number) => {
      now += seconds * 1_000
    },
    announce: (by: 0 | 1, purpose: RotatedPurpose) =>
      announceKey(houses[by].needs, { purpose, actor: 'operator:wang' }),
    /** What the leader does once a minute. */
    tidyUp: () => keyRotation(houses[0].needs).run({ mayGoOn: async () => true }),
    keys: () => stores.keys.list(),
    async close() {
      for (const { world, stop } of houses) {
        await stop()
        await world.close()
      }
      await redis.close()
      await database.close()
      await Promise.all([postgres.drop(), server.close()])
    },
  }
}

/** The least clever of relying parties: it keeps the key set for so long, and asks for no key that it does not know. */
export function keySetKeeper({ now }: Pick<RotatingHouses, 'now'>, keptSeconds: number, fetchKeySet: FetchKeySet) {
  let kept: { keys: JWK[]; at: number } | null = null

  /** null where the signature is good; else what went wrong. */
  return async (token: string): Promise<string | null> => {
    if (kept === null || now() - kept.at >= keptSeconds * 1_000) kept = { ...(await fetchKeySet()), at: now() }
    const { kid, alg } = decodeProtectedHeader(token)
    const key = kept.keys.find((one) => one.kid === kid)
    if (!key) return `whoever keeps the key set for ${keptSeconds} s does not know ${kid}`
    return compactVerify(token, await importJWK(key, alg)).then(
      () => null,
      (error: unknown) => String(error),
    )
  }
}

export type FetchKeySet = () => Promise<{ keys: JWK[] }>

export function fetchFrom(world: ProviderWorld): FetchKeySet {
  return async () => JSON.parse((await world.house.send('/jwks')).body)
}

/** A cache between the two that keeps an answer for as long as the answer allows. */
export function throughCache({ now }: Pick<RotatingHouses, 'now'>, world: ProviderWorld): FetchKeySet {
  let kept: { body: string; until: number } | null = null
  return async () => {
    if (kept === null || kept.until <= now()) {
      const { body, headers } = await world.house.send('/jwks')
      const [, seconds] = /max-age=(\d+)/.exec(headers['cache-control'] ?? '') ?? []
      kept = { body, until: now() + Number(seconds) * 1_000 }
    }
    return JSON.parse(kept.body)
  }
}

/** Somebody who is signed in at each client, seen by one house; answers ID tokens. */
export async function openLoad(world: ProviderWorld, person: string) {
  const visitor = newVisitor(world)
  const refreshTokens = new Map<string, unknown>()
  const offline = { scope: 'openid offline_access', prompt: 'consent' }

  async function exchange(client: string): Promise<string> {
    const code = await visitor.signIn({ client }, { person })
    return idTokenIn(await visitor.redeem(code, { client }))
  }
  for (const client of CLIENTS) {
    const code = await visitor.signIn({ client, params: offline }, { person })
    const { body } = await visitor.redeem(code, { client })
    refreshTokens.set(client, body['refresh_token'])
  }
  return {
    exchange,
    refresh: async (client: string) => idTokenIn(await visitor.refresh(refreshTokens.get(client), client)),
  }
}

function idTokenIn({ status, body }: { status: number; body: Record<string, unknown> }): string {
  const token = body['id_token']
  if (typeof token !== 'string') throw new Error(`no ID token: ${status} ${JSON.stringify(body)}`)
  return token
}
