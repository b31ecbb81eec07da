/** A server of two workers on PostgreSQL and Redis, a person, and the relying parties that a test declares. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { ACCOUNT, newPerson } from '../races/world.ts'
import {
  type CampusServer,
  campusCommand,
  type DeclaredClient,
  type Installation,
  newInstallation,
  startCampusServer,
} from '../support/campus-server.ts'
import { freshDatabase, freshRedis } from '../support/fresh-stores.ts'
import { newVisitor } from '../support/visitor.ts'

export { ACCOUNT }
/** Of {@link newPerson}. */
export const NAME = '吴岚'
export const SECRET = 'known-to-the-relying-party-and-the-test-alone'
const EXAMPLES = resolve(import.meta.dirname, '../../examples')

type Declared = Partial<DeclaredClient> & { client_id: string }

export interface World {
  issuer: string
  installation: Installation
  /** Holds {@link SECRET}, which every confidential client here has. */
  secretFile: string
  /** An example as its own program; resolves when it says where it listens, or ends. */
  start(program: string, environment: Record<string, string>): Promise<Example>
  /** Where the browser of somebody who signs in is sent, by an authorization request of a client. */
  signIn(address: string | URL): Promise<URL>
  command(words: string[], input?: string): Promise<string>
  close(): Promise<void>
}

export interface Example {
  said(): string
  /** Its exit code. */
  ended: Promise<number | null>
}

export async function openWorld(clients: Declared[], resourceServers: object[] = []): Promise<World> {
  const closings: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const closing of closings.splice(0).reverse()) await closing()
  }
  try {
    const database = await freshDatabase()
    closings.push(() => database.drop())
    const redis = await freshRedis()
    closings.push(() => redis.close())
    const stores = { databaseUrl: database.url, redisUrl: redis.url }
    const installation = await newInstallation(stores, [], { OUTBOUND_NETWORKS: '127.0.0.0/8' })
    closings.push(async () => installation.remove())
    const secretFile = join(installation.folder, 'relying-party.secret')
    writeFileSync(secretFile, SECRET, { mode: 0o600 })
    const declared = { clients: clients.map((client) => withDefaults(client)), resource_servers: resourceServers }
    writeFileSync(installation.environment['CLIENTS_FILE'] ?? '', JSON.stringify(declared))
    const server: CampusServer = await startCampusServer(installation)
    closings.push(() => server.stop())
    await newPerson(installation)
    const { issuer } = installation
    return {
      issuer,
      installation,
      secretFile,
      start: async (program, environment) => {
        const example = await startExample(program, { ISSUER: issuer, CLIENT_SECRET_FILE: secretFile, ...environment })
        closings.push(example.stop)
        return example
      },
      signIn: (address) => signIn(installation, address),
      command: (words, input) => campusCommand(installation, words, input),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function withDefaults(client: Declared): Declared {
  const isPublic = client['token_endpoint_auth_method'] === 'none'
  const hasKey = client['jwks'] !== undefined
  return {
    client_name: client.client_id,
    ...(client.redirect_uris !== undefined && { first_party: true }),
    ...(!isPublic && !hasKey && { client_secrets: [{ file: 'relying-party.secret' }] }),
    ...client,
  }
}

async function signIn({ issuer, port }: Installation, address: string | URL): Promise<URL> {
  const { go } = newVisitor(issuer)
  let answer = await go(String(address), { port })
  for (let steps = 0; steps < 8; steps++) {
    const { location } = answer
    if (location === null || location.origin !== issuer) break
    answer = await go(location.pathname + location.search, { port })
    if (answer.status !== 200 || !location.pathname.startsWith('/interaction/')) continue
    answer = await go(`${location.pathname}/password`, { port, form: ACCOUNT })
  }
  if (answer.location === null) throw new Error(`the sign-in ended with ${answer.status}: ${answer.text.slice(0, 400)}`)
  return answer.location
}

async function startExample(program: string, environment: Record<string, string>) {
  const path = process.env['PATH'] ?? ''
  const child: ChildProcess = spawn(process.execPath, [join(EXAMPLES, program)], {
    env: { PATH: path, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += String(chunk)))
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null)
  await Promise.race([once(child.stdout ?? child, 'data'), ended])
  return {
    said: () => said,
    ended,
    stop: async () => {
      child.kill()
      await ended
    },
  }
}

/** On the hosted page. */
export async function enter(page: Page): Promise<void> {
  await page.getByLabel('账号', { exact: true }).fill(ACCOUNT.login)
  await page.getByLabel('密码', { exact: true }).fill(ACCOUNT.password)
  await page.getByRole('button', { name: '登录', exact: true }).click()
}
