/** Relying parties hear of a sign-out, by the clock on the wall: soon, after a crash, at nobody’s expense. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { ACCOUNT, declaredClient, newPerson, REDIRECT_URI } from '../races/world.ts'
import {
  type CampusServer,
  campusCommand,
  type Installation,
  newInstallation,
  startCampusServer,
} from '../support/campus-server.ts'
import { freePort } from '../support/free-port.ts'
import { freshDatabase, freshRedis } from '../support/fresh-stores.ts'
import { until } from '../support/until.ts'
import { askForTokens, closeVisitors, newVisitor, VERIFIER } from '../support/visitor.ts'

const MINUTE = 60_000
const TOLD_SECONDS_MAX = 5
/** A try that fails is made again after ever longer, and who leads the work may have to be found anew. */
const TOLD_LATE_SECONDS_MAX = 30
/** The library would wait for a relying party for 2.5 seconds. */
const ANSWER_MILLISECONDS_MAX = 1_000

let database: Awaited<ReturnType<typeof freshDatabase>>
let redis: Awaited<ReturnType<typeof freshRedis>>
let installation: Installation
let server: CampusServer
let port: number
/** The relying party's door; null while nobody listens there. */
let door: Server | null = null

beforeAll(async () => {
  database = await freshDatabase()
  redis = await freshRedis()
  port = await freePort()
  const stores = { databaseUrl: database.url, redisUrl: redis.url }
  const client = {
    ...declaredClient('library'),
    backchannel_logout_uri: `http://127.0.0.1:${port}/backchannel-logout`,
    backchannel_logout_session_required: true,
  }
  const more = { CAMPUS_NETWORKS: '127.0.0.0/8', OUTBOUND_NETWORKS: '127.0.0.0/8', WORKERS: '2' }
  installation = await newInstallation(stores, [client], more)
  server = await startCampusServer(installation)
  await newPerson(installation)
}, 2 * MINUTE)

afterEach(closeDoor)

afterAll(async () => {
  closeVisitors()
  await server?.stop()
  await redis?.close()
  await database?.drop()
  installation?.remove()
})

/** Opens the door; what was said there. `hang`: it hears everything and answers nothing. */
async function openDoor(behaviour: 'answer' | 'hang'): Promise<string[]> {
  const heard: string[] = []
  door = createServer(async (request, response) => {
    heard.push(new URLSearchParams(await text(request)).get('logout_token') ?? '')
    if (behaviour === 'answer') response.writeHead(200).end()
  })
  door.listen(port, '127.0.0.1')
  await once(door, 'listening')
  return heard
}

async function closeDoor(): Promise<void> {
  if (door === null) return
  const closed = once(door, 'close')
  door.closeAllConnections()
  door.close()
  door = null
  await closed
}

const claimsIn = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

/** Somebody who is signed in at the relying party, and what it knows of them. */
async function signIn() {
  const visitor = newVisitor(installation.issuer)
  const back = await visitor.signIn('library', REDIRECT_URI, ACCOUNT, server.port)
  const { body } = await askForTokens(installation.issuer, server.port, {
    ...{ client_id: 'library', grant_type: 'authorization_code', redirect_uri: REDIRECT_URI, code_verifier: VERIFIER },
    code: back.location?.searchParams.get('code') ?? '',
  })
  const idToken = String(body['id_token'])
  const { sid } = claimsIn(idToken)
  const go = (address: string, form?: Record<string, string>) =>
    visitor.go(address, { port: server.port, ...(form && { form }) })
  return {
    sid,
    signOutByHint: () => go(`/session/end?id_token_hint=${idToken}`),
    async signOutByPage() {
      const [, xsrf = ''] = /name="xsrf" value="(\w+)"/.exec((await go('/session/end')).text) ?? []
      return go('/session/end/confirm', { xsrf, logout: 'yes' })
    },
  }
}

async function untilTold(heard: readonly string[], sid: unknown, seconds: number): Promise<void> {
  await until('the relying party is told', () => heard.some((token) => claimsIn(token)['sid'] === sid), { seconds })
}

test(
  'sessions that staff end reach the relying party within seconds',
  async () => {
    const heard = await openDoor('answer')
    const { sid } = await signIn()
    await campusCommand(installation, ['session', 'end', '--person', ACCOUNT.login, '--yes'])
    await untilTold(heard, sid, TOLD_SECONDS_MAX)
  },
  MINUTE,
)

test(
  'a server that dies right after it has acknowledged a sign-out tells of it when it is back',
  async () => {
    const { sid, signOutByHint } = await signIn()
    expect((await signOutByHint()).status).toBe(303)
    await server.kill('SIGKILL')
    server = await startCampusServer(installation)
    const heard = await openDoor('answer')
    await untilTold(heard, sid, TOLD_LATE_SECONDS_MAX)
  },
  2 * MINUTE,
)

test.each(['signOutByHint', 'signOutByPage'] as const)(
  'a relying party that hangs keeps nobody waiting (%s), and is told once it answers',
  async (way) => {
    const unanswered = await openDoor('hang')
    const { sid, [way]: signOut } = await signIn()
    const { status, milliseconds } = await signOut()
    expect([status, milliseconds < ANSWER_MILLISECONDS_MAX]).toEqual([303, true])
    await untilTold(unanswered, sid, TOLD_LATE_SECONDS_MAX)
    await closeDoor()
    await untilTold(await openDoor('answer'), sid, TOLD_LATE_SECONDS_MAX)
  },
  2 * MINUTE,
)
