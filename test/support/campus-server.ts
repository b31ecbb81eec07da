/** The built server as an operator runs it, in a process of its own: what races and faults are tested against. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePort } from './free-port.ts'
import { childrenOf, signalIfAlive } from './process-family.ts'
import { until } from './until.ts'

const CLI = resolve(import.meta.dirname, '../../dist/src/cli.js')
const READY_SECONDS = 30
const ENDS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGKILL']
/** The supervisor cannot hear of these: as when a whole machine fails, they go to all. */
const NOT_PASSED_ON: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGSTOP', 'SIGCONT']

export interface CampusServer {
  readonly port: number
  /** Of the process that supervises. */
  readonly pid: number
  /** Of the processes that serve, in the order of their start. */
  workers(): number[]
  /** All that it wrote to its log so far. */
  log(): string
  /** What `kill` of an operator does; after SIGKILL, SIGSTOP and SIGCONT its workers have been sent the same. */
  kill(signal: NodeJS.Signals): Promise<void>
  stop(): Promise<void>
}

/** What the servers of one installation have in common. */
export interface Installation {
  issuer: string
  /** The port that the issuer names: one of the servers must listen there only if something follows our addresses. */
  port: number
  environment: Record<string, string>
  folder: string
  remove(): void
}

export interface DeclaredClient {
  client_id: string
  redirect_uris: string[]
  [property: string]: unknown
}

/** Secrets, a client file and an issuer, for as many processes as a test wants. */
export async function newInstallation(
  stores: { databaseUrl: string; redisUrl: string | null },
  clients: DeclaredClient[],
  more: Record<string, string> = {},
): Promise<Installation> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'campus-id-installation-'))
  const clientsFile = join(folder, 'clients.json')
  writeFileSync(clientsFile, JSON.stringify({ clients }))
  const secret = (id: string) => `${id}:${randomBytes(32).toString('base64url')}`
  const issuer = `http://localhost:${port}`
  return {
    issuer,
    port,
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
    environment: {
      PROFILE: 'test',
      // Several of them stand on one machine.
      METRICS_PORT: 'off',
      WORKERS: '2',
      ISSUER: issuer,
      DATA_DIR: join(folder, 'data'),
      CLIENTS_FILE: clientsFile,
      DATABASE_URL: stores.databaseUrl,
      ...(stores.redisUrl === null ? {} : { REDIS_URL: stores.redisUrl }),
      KEY_ENCRYPTION_KEY: secret('k1'),
      PASSWORD_PEPPER: secret('p1'),
      DOCUMENT_HMAC_KEY: secret('d1'),
      ...more,
    },
  }
}

export async function startCampusServer(
  installation: Installation,
  { port = installation.port }: { port?: number } = {},
): Promise<CampusServer> {
  if (!existsSync(CLI)) throw new Error('The server is not built: run npm run build first')
  const child = run(installation, ['serve'], { PORT: String(port) })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += String(chunk)))
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  await until(
    'the server is ready',
    async () => {
      if (hasEnded()) throw new Error(`The server ended at once with ${child.exitCode}:\n${said}`)
      return (await statusOf(port, '/readyz')) === 200
    },
    { seconds: READY_SECONDS },
  )
  const pid = child.pid ?? 0
  const kill = async (signal: NodeJS.Signals) => {
    if (hasEnded()) return
    const family = NOT_PASSED_ON.includes(signal) ? childrenOf(pid) : []
    child.kill(signal)
    for (const worker of family) signalIfAlive(worker, signal)
    if (ENDS.includes(signal)) await once(child, 'exit')
  }
  return { port, pid, workers: () => childrenOf(pid), log: () => said, kill, stop: () => kill('SIGTERM') }
}

/** `campus-id` with these words; answers what it printed. Throws with its own words when it fails. */
export async function campusCommand(installation: Installation, words: string[], input = ''): Promise<string> {
  const child = run(installation, words, {})
  let printed = ''
  let complained = ''
  child.stdout?.on('data', (chunk) => (printed += String(chunk)))
  child.stderr?.on('data', (chunk) => (complained += String(chunk)))
  child.stdin?.end(input)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`campus-id ${words.join(' ')} ended with ${code}:\n${printed}${complained}`)
  return printed
}

function run(installation: Installation, words: string[], more: Record<string, string>): ChildProcess {
  const path = process.env['PATH'] ?? ''
  return spawn(process.execPath, [CLI, ...words], {
    cwd: installation.folder,
    env: { PATH: path, ...installation.environment, ...more },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

function statusOf(port: number, path: string): Promise<number | null> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path }, (response) => {
      response.resume()
      resolve(response.statusCode ?? null)
    }).on('error', () => resolve(null))
  })
}
