/** Redis did what it was asked and its answer never came: nothing is done twice, nobody is refused what is theirs. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { ACCOUNT, declaredClient, newPerson, REDIRECT_URI } from '../races/world.ts'
import { type CampusServer, type Installation, newInstallation, startCampusServer } from '../support/campus-server.ts'
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.ts'
import { type FreshDatabase, freshDatabase } from '../support/fresh-stores.ts'
import type { Server } from '../support/own-server.ts'
import { startRedis } from '../support/redis-server.ts'
import { askForTokens, authorizationAddress, closeVisitors, newVisitor, VERIFIER } from '../support/visitor.ts'

const TURNS = 25
const MINUTE = 60_000

let database: FreshDatabase
let redis: Server
let proxy: CuttingProxy
let installation: Installation
let server: CampusServer

beforeAll(async () => {
  database = await freshDatabase()
  redis = await startRedis()
  proxy = await startCuttingProxy(redis.port)
  const redisUrl = `redis://127.0.0.1:${proxy.port}`
  installation = await newInstallation({ databaseUrl: database.url, redisUrl }, [declaredClient('library')])
  server = await startCampusServer(installation)
  await newPerson(installation)
}, 2 * MINUTE)

afterAll(async () => {
  closeVisitors()
  await server?.stop()
  await proxy?.stop()
  await redis?.stop()
  await database?.drop()
  installation?.remove()
})

const form = (grant: Record<string, string>) => ({ client_id: 'library', ...grant })

test(
  'a code whose consumption was answered to nobody still gives its tokens, once',
  async () => {
    const visitor = newVisitor(installation.issuer)
    const back = await visitor.signIn('library', REDIRECT_URI, ACCOUNT, server.port)
    let code = back.location?.searchParams.get('code') ?? ''
    for (let turn = 0; turn < TURNS; turn++) {
      const redeem = () =>
        askForTokens(
          installation.issuer,
          server.port,
          form({ grant_type: 'authorization_code', redirect_uri: REDIRECT_URI, code, code_verifier: VERIFIER }),
        )
      const lost = proxy.loseNextReply('attempt')
      const answer = await redeem()
      await lost
      expect(answer.status).toBe(200)
      expect((await redeem()).body['error']).toBe('invalid_grant')
      const next = await visitor.go(authorizationAddress('library', REDIRECT_URI), { port: server.port })
      code = next.location?.searchParams.get('code') ?? ''
    }
  },
  2 * MINUTE,
)

test(
  'a guess whose count was answered to nobody is counted once and not compared',
  async () => {
    const visitor = newVisitor(installation.issuer)
    const arrived = await visitor.go(authorizationAddress('library', REDIRECT_URI), { port: server.port })
    const page = arrived.location?.pathname ?? ''
    const guess = () =>
      visitor.go(`${page}/password`, {
        port: server.port,
        form: { login: '202499999999', password: 'not the password' },
      })
    const before = await sumOfCounts()
    expect((await guess()).status).toBe(422)
    const one = (await sumOfCounts()) - before
    expect(one).toBeGreaterThan(0)

    const lost = proxy.loseNextReply('throttle')
    const answer = await guess()
    await lost
    expect(answer.status).toBe(503)
    // The first counter was raised; of those in the same flight each was raised once, or cut off before it came.
    const both = (await sumOfCounts()) - before
    expect(both).toBeGreaterThan(one)
    expect(both).toBeLessThanOrEqual(2 * one)
  },
  MINUTE,
)

/** Of all counters together, as they stand in Redis itself. */
async function sumOfCounts(): Promise<number> {
  const direct = new Redis(redis.url)
  try {
    const keys = await direct.keys('*throttle*')
    const values = await Promise.all(keys.map((key) => direct.get(key)))
    return values.reduce((sum, value) => sum + Number(value), 0)
  } finally {
    direct.disconnect()
  }
}
