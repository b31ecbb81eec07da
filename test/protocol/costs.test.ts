/** What an operation costs in round trips, on real stores. These counts are the same on every machine. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { openPool } from '../../adapters/postgres/pool.ts'
import { storesOn } from '../../adapters/postgres/stores.ts'
import { openRedis } from '../../adapters/redis/connect.ts'
import { createRedisExpiring } from '../../adapters/redis/expiring.ts'
import { rememberClients } from '../../src/clients/clients.ts'
import { watchStore } from '../../src/metrics/metrics.ts'
import { noTracing } from '../../src/tracing/tracing.ts'
import { costsOf } from '../support/counting.ts'
import { freshDatabase, freshRedis } from '../support/fresh-stores.ts'
import { sampleClient, sampleResourceServer, sampleService } from '../support/memory-desk.ts'
import { callbackOf, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld, samplePerson } from '../support/provider-world.ts'
import { recordedMetrics } from '../support/recorded-metrics.ts'
import { memoryChanges } from '../support/sample-keyrings.ts'

const GRADES = 'https://api.school.example/grades'
const ROOMS = 'https://rooms.school.example/'
const resources = [
  { identifier: GRADES, scopes: ['grades:read'] },
  { identifier: ROOMS, scopes: ['rooms:read'] },
]
const offline = { scope: 'openid profile offline_access', prompt: 'consent' }

const lan = randomUUID()
const recorded = recordedMetrics()
let world: ProviderWorld
let close: () => Promise<void>
/** What the clock is ahead, in milliseconds: for sessions that are to look older than they are. */
let ahead = 0

beforeAll(async () => {
  const log = pino({ level: 'silent' })
  const watch = (store: 'postgres' | 'redis') => watchStore({ metrics: recorded.metrics, tracing: noTracing }, store)
  const [postgres, server] = await Promise.all([freshDatabase({ migrated: true }), freshRedis()])
  const database = openPool({ url: postgres.url, log, watch: watch('postgres') })
  const redis = await openRedis({ kind: 'standalone', url: server.url, waitReplicas: 0 }, log)
  const stores = storesOn(database)
  const known = rememberClients({ ...stores, changes: memoryChanges() })
  const needs = {
    ...stores,
    clients: { ...stores.clients, ...known.clients },
    resourceServers: { ...stores.resourceServers, ...known.resourceServers },
    expiring: createRedisExpiring(redis, { watch: watch('redis') }),
    metrics: recorded.metrics,
  }
  const { identities, ...person } = samplePerson(lan, '202407010101')
  await needs.people.create({
    ...person,
    identities: identities.map((identity) => ({ ...identity, id: randomUUID() })),
    aliases: [],
  })
  const clients = [
    sampleClient('library', { resources }),
    sampleClient('app', { token_endpoint_auth_method: 'none' }),
    sampleService('timetable', resources),
    sampleService('grades-api', [], { grant_types: [] }),
  ]
  for (const client of clients) await stores.clients.put(client)
  const servers = [
    sampleResourceServer(GRADES, 'grades-api'),
    sampleResourceServer(ROOMS, null, { scopes: ['rooms:read'] }),
  ]
  for (const one of servers) await stores.resourceServers.put(one)
  world = await openProviderWorld({ needs, clock: () => new Date(Date.now() + ahead) })
  close = async () => {
    await world.close()
    await redis.close()
    await database.close()
    await Promise.all([postgres.drop(), server.close()])
  }
}, 60_000)
afterAll(() => close())
beforeEach(() => {
  ahead = 0
})

async function somebody(client = 'library', params: Record<string, string> = offline) {
  const visitor = newVisitor(world)
  const { body } = await visitor.redeem(await visitor.signIn({ client, params }, { person: lan }), { client })
  return { visitor, body }
}

async function codeOf(visitor: Visitor, params: Record<string, string> = {}): Promise<string> {
  return locationOf(await visitor.authorize({ params }))?.searchParams.get('code') ?? ''
}

/** Once unmeasured, so that what a process asks once is known to it. */
async function measured<Held>(prepare: () => Promise<Held>, act: (held: Held) => Promise<{ status: number }>) {
  for (const isMeasured of [false, true]) {
    const held = await prepare()
    let status = 0
    const { redis, postgres, signatures } = await costsOf(recorded, async () => {
      status = (await act(held)).status
    })
    expect(status).toBeLessThan(400)
    if (isMeasured) return { redis, postgres, signatures }
  }
  throw new Error('nothing was measured')
}

const onOwnAccount = (resource: string) => ({ grant_type: 'client_credentials', resource })

describe('it costs', () => {
  test('to reach another relying party in a session', async () => {
    const costs = await measured(
      () => somebody(),
      ({ visitor }) => visitor.authorize(),
    )
    expect(costs).toEqual({ redis: 2, postgres: 1, signatures: 0 })
  })

  test('to redeem a code, bound to the session or with a refresh token', async () => {
    const prepare = (params?: Record<string, string>) => async () => {
      const { visitor } = await somebody()
      return { visitor, code: await codeOf(visitor, params) }
    }
    const redeem = ({ visitor, code }: { visitor: Visitor; code: string }) => visitor.redeem(code)
    expect(await measured(prepare(), redeem)).toEqual({ redis: 3, postgres: 1, signatures: 1 })
    expect(await measured(prepare(offline), redeem)).toEqual({ redis: 4, postgres: 1, signatures: 1 })
  })

  test('to refresh, with rotation and without', async () => {
    const refresh = (client: string) =>
      measured(
        () => somebody(client),
        ({ visitor, body }) => visitor.refresh(body['refresh_token'], client),
      )
    expect(await refresh('library')).toEqual({ redis: 2, postgres: 1, signatures: 1 })
    expect(await refresh('app')).toEqual({ redis: 3, postgres: 1, signatures: 1 })
  })

  test('to refresh where that keeps the session alive: once in twelve minutes', async () => {
    const refresh = (client: string) =>
      measured(
        async () => {
          ahead = 0
          const held = await somebody(client)
          ahead = 13 * 60_000
          return held
        },
        ({ visitor, body }) => visitor.refresh(body['refresh_token'], client),
      )
    expect(await refresh('library')).toEqual({ redis: 3, postgres: 1, signatures: 1 })
    expect(await refresh('app')).toEqual({ redis: 3, postgres: 1, signatures: 1 })
  })

  test('to ask at userinfo, with a token that is bound to the session and with one that is not', async () => {
    const ask = (params: Record<string, string>) =>
      measured(
        () => somebody('library', params),
        ({ visitor, body }) => visitor.userinfo(body['access_token']),
      )
    expect(await ask({ scope: 'openid profile' })).toEqual({ redis: 1, postgres: 1, signatures: 0 })
    expect(await ask(offline)).toEqual({ redis: 1, postgres: 1, signatures: 0 })
  })

  test('to get a token on a client’s own account', async () => {
    const get = (resource: string) =>
      measured(
        async () => newVisitor(world),
        ({ machine }) => machine('/token', onOwnAccount(resource), 'timetable'),
      )
    expect(await get(GRADES)).toEqual({ redis: 1, postgres: 1, signatures: 0 })
    expect(await get(ROOMS)).toEqual({ redis: 0, postgres: 1, signatures: 1 })
  })

  test('to ask about a token of a client, and of a person', async () => {
    const ask = ({ visitor, token }: { visitor: Visitor; token: unknown }) =>
      visitor.machine('/token/introspection', { token: String(token) }, 'grades-api')
    const ofClient = async () => {
      const visitor = newVisitor(world)
      const { body } = await visitor.machine('/token', onOwnAccount(GRADES), 'timetable')
      return { visitor, token: body['access_token'] }
    }
    const ofPerson = async () => {
      const { visitor } = await somebody()
      const code = await codeOf(visitor, { scope: 'openid grades:read', resource: GRADES })
      const form = { grant_type: 'authorization_code', code, redirect_uri: callbackOf('library'), resource: GRADES }
      const { body } = await visitor.machine('/token', { ...form, code_verifier: visitor.verifier }, 'library')
      return { visitor, token: body['access_token'] }
    }
    expect(await measured(ofClient, ask)).toEqual({ redis: 1, postgres: 1, signatures: 0 })
    expect(await measured(ofPerson, ask)).toEqual({ redis: 1, postgres: 1, signatures: 0 })
  })
})
