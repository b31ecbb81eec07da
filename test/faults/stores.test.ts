/** A store that is gone is said at once, a store that hangs is not waited for, and nothing is issued meanwhile. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ACCOUNT, declaredClient, newPerson, REDIRECT_URI } from '../races/world.ts'
import { type CampusServer, type Installation, newInstallation, startCampusServer } from '../support/campus-server.ts'
import type { Server } from '../support/own-server.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { startRedis } from '../support/redis-server.ts'
import { until } from '../support/until.ts'
import { ask, askForTokens, authorizationAddress, closeVisitors, newVisitor, VERIFIER } from '../support/visitor.ts'

const GONE_MILLISECONDS_MAX = 300
const HUNG_MILLISECONDS_MAX = 1_000
const BACK_SECONDS_MAX = 2
const ASKED = 20
const MINUTE = 60_000

let redis: Server
let postgres: Server
let installation: Installation
let server: CampusServer

beforeAll(async () => {
  redis = await startRedis()
  postgres = await startPostgres({ durable: true })
  installation = await newInstallation({ databaseUrl: postgres.url, redisUrl: redis.url }, [declaredClient('library')])
  server = await startCampusServer(installation)
  await newPerson(installation)
}, 2 * MINUTE)

afterAll(async () => {
  closeVisitors()
  await redis?.kill('SIGCONT').catch(() => undefined)
  await postgres?.kill('SIGCONT').catch(() => undefined)
  await server?.stop()
  await redis?.stop()
  await postgres?.stop()
  installation?.remove()
})

const asking = () => ({ port: server.port })
const arrive = () => ask(installation.issuer, authorizationAddress('library', REDIRECT_URI), asking())

async function signIn() {
  const visitor = newVisitor(installation.issuer)
  const back = await visitor.signIn('library', REDIRECT_URI, ACCOUNT, server.port)
  return { visitor, code: back.location?.searchParams.get('code') ?? '' }
}

const redeem = (code: string) =>
  askForTokens(installation.issuer, server.port, {
    grant_type: 'authorization_code',
    client_id: 'library',
    redirect_uri: REDIRECT_URI,
    code,
    code_verifier: VERIFIER,
  })

async function expectRefusedWithin(
  milliseconds: number,
  what: () => Promise<{ status: number; milliseconds: number }>,
) {
  for (let turn = 0; turn < ASKED; turn++) {
    const answer = await what()
    expect(answer.status).toBe(503)
    expect(answer.milliseconds).toBeLessThanOrEqual(milliseconds)
  }
}

const isBack = () =>
  until('sign-in works again', async () => (await arrive()).status === 303, { seconds: BACK_SECONDS_MAX })

test(
  'with Redis gone the answer comes at once, says when to try again, and service is back when Redis is',
  async () => {
    const { code } = await signIn()
    await redis.kill('SIGKILL')
    await expectRefusedWithin(GONE_MILLISECONDS_MAX, arrive)
    await expectRefusedWithin(GONE_MILLISECONDS_MAX, () => redeem(code))
    expect(Number((await arrive()).headers['retry-after'])).toBeGreaterThan(0)
    expect((await ask(installation.issuer, '/jwks', asking())).status).toBe(200)
    expect((await ask(installation.issuer, '/healthz', asking())).status).toBe(200)
    await redis.restart()
    await isBack()
  },
  MINUTE,
)

test(
  'with Redis hung nobody waits longer than its command may take',
  async () => {
    const { code } = await signIn()
    await redis.kill('SIGSTOP')
    try {
      const answers = await Promise.all(Array.from({ length: ASKED }, () => arrive()))
      for (const answer of answers) {
        expect(answer.status).toBe(503)
        expect(answer.milliseconds).toBeLessThanOrEqual(HUNG_MILLISECONDS_MAX)
      }
      expect((await redeem(code)).milliseconds).toBeLessThanOrEqual(HUNG_MILLISECONDS_MAX)
    } finally {
      await redis.kill('SIGCONT')
    }
    await isBack()
  },
  MINUTE,
)

test(
  'with PostgreSQL gone nothing is issued: not to a session, not for a code, not for a refresh token',
  async () => {
    const { visitor, code } = await signIn()
    const tokens = await redeem(code)
    const next = await visitor.go(authorizationAddress('library', REDIRECT_URI), asking())
    const unused = next.location?.searchParams.get('code') ?? ''
    await postgres.kill('SIGKILL')
    const refused = [
      await redeem(unused),
      await askForTokens(installation.issuer, server.port, {
        grant_type: 'refresh_token',
        client_id: 'library',
        refresh_token: String(tokens.body['refresh_token']),
      }),
      await visitor.go(authorizationAddress('library', REDIRECT_URI), asking()),
      await ask(installation.issuer, '/me', {
        ...asking(),
        headers: { authorization: `Bearer ${tokens.body['access_token']}` },
      }),
    ]
    for (const answer of refused) {
      expect(answer.status).toBe(503)
      expect(answer.milliseconds).toBeLessThanOrEqual(HUNG_MILLISECONDS_MAX)
    }
    await postgres.restart()
    await until('the session is good again', async () => {
      const answer = await visitor.go(authorizationAddress('library', REDIRECT_URI), asking())
      return answer.location?.searchParams.has('code') ?? false
    })
  },
  MINUTE,
)

test(
  'with Redis wiped everybody signs in again, and nothing that was forbidden comes back',
  async () => {
    const { visitor, code } = await signIn()
    expect((await redeem(code)).status).toBe(200)
    await redis.kill('SIGKILL')
    await redis.restart()
    await isBack()
    expect((await redeem(code)).body['error']).toBe('invalid_grant')
    const answer = await visitor.go(authorizationAddress('library', REDIRECT_URI), asking())
    expect(answer.location?.pathname).toMatch(/^\/interaction\//)
    await signIn()
  },
  MINUTE,
)

test(
  'a request in flight while the server is told to stop is answered',
  async () => {
    const waiting = Array.from({ length: ASKED }, () => arrive())
    await server.kill('SIGTERM')
    for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(303)
    server = await startCampusServer(installation)
  },
  MINUTE,
)
