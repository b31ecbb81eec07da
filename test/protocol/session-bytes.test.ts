/** What Redis keeps of somebody who has signed in, as Redis itself counts it. (Trips: costs.test.ts.) */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { openRedis } from '../../adapters/redis/connect.ts'
import { createRedisExpiring } from '../../adapters/redis/expiring.ts'
import { freshRedis } from '../support/fresh-stores.ts'
import { memoryClients, memoryGate, sampleClient } from '../support/memory-desk.ts'
import { memoryPeople } from '../support/memory-stores.ts'
import { newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld, samplePerson } from '../support/provider-world.ts'

const BYTES_MAX = 700
const ROTATIONS = 100
/** What is over sooner belongs to the sign-in and not to the session. */
const LASTING_SECONDS = 30 * 60

const lan = randomUUID()
let world: ProviderWorld
let redis: Redis
let close: () => Promise<void>

beforeAll(async () => {
  const server = await freshRedis()
  const connection = await openRedis(
    { kind: 'standalone', url: server.url, waitReplicas: 0 },
    pino({ level: 'silent' }),
  )
  redis = new Redis(server.url)
  const people = memoryPeople([samplePerson(lan, '202407010101')])
  const clients = memoryClients([sampleClient('app', { token_endpoint_auth_method: 'none' })])
  const needs = { expiring: createRedisExpiring(connection), people, clients, notBefore: memoryGate(people, clients) }
  world = await openProviderWorld({ needs })
  close = async () => {
    await world.close()
    redis.disconnect()
    await connection.close()
    await server.close()
  }
}, 60_000)
afterAll(() => close())

async function bytesOf(which: (key: string) => boolean): Promise<number> {
  let sum = 0
  for (const key of (await redis.keys('*')).filter(which)) {
    if ((await redis.ttl(key)) > LASTING_SECONDS) sum += (await redis.memory('USAGE', key, 'SAMPLES', 0)) ?? 0
  }
  return sum
}

test(`a session of one client takes ${BYTES_MAX} bytes at most, and no more after ${ROTATIONS} rotations`, async () => {
  const visitor = newVisitor(world)
  const params = { scope: 'openid profile offline_access', prompt: 'consent' }
  const code = await visitor.signIn({ client: 'app', params }, { person: lan })
  let { body } = await visitor.redeem(code, { client: 'app' })
  expect(await bytesOf(() => true)).toBeLessThanOrEqual(BYTES_MAX)

  const refresh = async () => {
    const answer = await visitor.refresh(body['refresh_token'], 'app')
    expect(answer.status).toBe(200)
    body = answer.body
  }
  // What a race may be about is remembered for three seconds.
  for (let turn = 0; turn < 5; turn++) await refresh()
  // Access tokens end by themselves within the hour.
  const withoutAccessTokens = (key: string) => !key.includes('/t:')
  const before = await bytesOf(withoutAccessTokens)
  for (let turn = 0; turn < ROTATIONS; turn++) await refresh()
  expect(Math.abs((await bytesOf(withoutAccessTokens)) / before - 1)).toBeLessThan(0.05)
}, 60_000)
