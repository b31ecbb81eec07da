/** Yesterday's PostgreSQL under today's Redis: what a restore brings back, and what it must not. As built. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ACCOUNT, declaredClient, newPerson, REDIRECT_URI } from '../races/world.ts'
import {
  type CampusServer,
  campusCommand,
  type Installation,
  newInstallation,
  startCampusServer,
} from '../support/campus-server.ts'
import { freePort } from '../support/free-port.ts'
import { type FreshDatabase, type FreshRedis, freshDatabase, freshRedis } from '../support/fresh-stores.ts'
import { ask, askForTokens, authorizationAddress, closeVisitors, newVisitor, VERIFIER } from '../support/visitor.ts'

const MINUTES = 60_000
const CLIENT = 'library'

let installation: Installation
let databases: [FreshDatabase, FreshDatabase]
let redis: FreshRedis
const servers: CampusServer[] = []

beforeAll(async () => {
  databases = [await freshDatabase(), await freshDatabase()]
  redis = await freshRedis()
  installation = await newInstallation({ databaseUrl: databases[0].url, redisUrl: redis.url }, [declaredClient(CLIENT)])
}, MINUTES)
afterAll(async () => {
  closeVisitors()
  for (const server of servers) await server.stop()
  await redis.close()
  for (const database of databases) await database.drop()
  installation.remove()
})

const on = (database: FreshDatabase): Installation => ({
  ...installation,
  environment: { ...installation.environment, DATABASE_URL: database.url },
})

async function start(database: FreshDatabase) {
  const server = await startCampusServer(on(database))
  servers.push(server)
  return server
}

async function signIn(port: number) {
  const visitor = newVisitor(installation.issuer)
  const back = await visitor.signIn(CLIENT, REDIRECT_URI, ACCOUNT, port)
  const code = back.location?.searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', client_id: CLIENT, redirect_uri: REDIRECT_URI }
  const { status, body } = await askForTokens(installation.issuer, port, { ...form, code, code_verifier: VERIFIER })
  expect(status).toBe(200)
  return { visitor, tokens: body }
}

type Held = Awaited<ReturnType<typeof signIn>>

async function whatOpens({ visitor, tokens }: Held, port: number) {
  const form = { grant_type: 'refresh_token', client_id: CLIENT, refresh_token: String(tokens['refresh_token']) }
  const headers = { authorization: `Bearer ${tokens['access_token']}` }
  const { location } = await visitor.go(authorizationAddress(CLIENT, REDIRECT_URI), { port })
  return {
    session: location?.searchParams.has('code') === true,
    userinfo: (await ask(installation.issuer, '/me', { port, headers })).status === 200,
    refresh: (await askForTokens(installation.issuer, port, form)).status === 200,
  }
}

const NOTHING = { session: false, userinfo: false, refresh: false }
const EVERYTHING = { session: true, userinfo: true, refresh: true }

test(
  'after a restore nobody is signed in, although Redis still holds it all, and everybody can sign in',
  async () => {
    const [first, second] = databases
    const server = await start(first)
    await newPerson(installation)
    const { port } = server
    const before = await signIn(port)
    const file = join(installation.folder, 'yesterday.backup')
    expect(await campusCommand(on(first), ['backup', file])).toMatch(/^\d+ rows of \d+ tables as of 20/)
    const meanwhile = await signIn(port)
    expect(await whatOpens(meanwhile, port)).toEqual(EVERYTHING)
    await expect(campusCommand(on(first), ['restore', file, '--replace', '--yes'])).rejects.toThrow(
      /ended with 3:\n.*stop every server/,
    )
    await server.stop()
    await expect(campusCommand(on(first), ['restore', file])).rejects.toThrow(/ended with 3:\n.*not empty/)

    expect(await campusCommand(on(second), ['restore', file])).toContain('Nobody is signed in any more')
    const restored = await start(second)
    expect(await whatOpens(before, restored.port)).toEqual(NOTHING)
    expect(await whatOpens(meanwhile, restored.port)).toEqual(NOTHING)
    expect(await whatOpens(await signIn(restored.port), restored.port)).toEqual(EVERYTHING)
    expect(await campusCommand(on(second), ['audit', 'tail', '--verify'])).toMatch(/^✓ \d+ rows/)
    await restored.stop()
  },
  3 * MINUTES,
)

test(
  'after PostgreSQL was set back by other means, one command refuses whatever was issued before',
  async () => {
    const [first] = databases
    const server = await start(first)
    const held = await signIn(server.port)
    await expect(campusCommand(on(first), ['session', 'end-all'])).rejects.toThrow(/ended with 3:\n.*--yes/s)
    expect(await whatOpens(held, server.port)).toEqual(EVERYTHING)
    expect(await campusCommand(on(first), ['session', 'end-all', '--yes'])).toContain('is refused')
    expect(await whatOpens(held, server.port)).toEqual(NOTHING)
    expect(await campusCommand(on(first), ['audit', 'tail', '--event', 'sessions.ended'])).toContain('operator:')
    await server.stop()
  },
  2 * MINUTES,
)

test(
  'the demo’s server writes its own backup while it runs, and leaves a restore to whoever stops it',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'campus-id-restore-'))
    writeFileSync(join(folder, 'clients.json'), '{ "clients": [] }')
    const port = await freePort()
    const environment = { PROFILE: 'demo', PORT: String(port), DATA_DIR: 'data', LOG_LEVEL: 'warn' }
    const demo = { issuer: `http://localhost:${port}`, port, folder, environment, remove: () => undefined }
    const type = (...words: string[]) => campusCommand(demo, words)
    const server = await startCampusServer(demo)
    servers.push(server)
    await type('backup', 'demo.backup')
    await expect(type('restore', 'demo.backup', '--replace', '--yes')).rejects.toThrow(/ended with 3:\n.*stop it/)
    await type('person', 'create', '202409990001', '后来者', '--type', 'staff')
    await server.stop()
    await type('restore', 'demo.backup', '--replace', '--yes')
    expect(await type('person', 'list')).not.toContain('后来者')
    expect(await type('person', 'list')).toContain('林晓雨')
    expect(await type('audit', 'tail', '--verify')).toMatch(/^✓ \d+ rows/)
    rmSync(folder, { recursive: true })
  },
  2 * MINUTES,
)
