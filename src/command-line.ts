/** Puts the house together for operators: `campus-id <command>`. */
import { existsSync, readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { askServer } from '../adapters/data-folder/ask-server.ts'
import { generatedSecrets, passingSecrets } from '../adapters/data-folder/kept-secret.ts'
import { FOLDER_LOCKED, type FolderLock, lockDataFolder } from '../adapters/data-folder/lock.ts'
import { dataFolderPermissions } from '../adapters/data-folder/permissions.ts'
import { createAuditLog } from '../adapters/postgres/audit.ts'
import type { Database } from '../adapters/postgres/database.ts'
import { describeServer } from '../adapters/postgres/describe-server.ts'
import { migrate, pendingMigrations } from '../adapters/postgres/migrate.ts'
import { openRedis } from '../adapters/redis/connect.ts'
import { type Examination, explain, type Powers, runCommand } from './commands/commands.ts'
import { type Config, type ConfigReading, loadConfig, processEnvironment } from './config.ts'
import { createLog, logFile } from './log.ts'
import { serve } from './main.ts'
import { MIGRATIONS, type OpenCampus, openCampus, openDatabase, systemClock, systemRandomness } from './open-campus.ts'
import { localTerminal, type Terminal } from './terminal/terminal.ts'

const DISCOVERY_MILLISECONDS = 5_000
/** How often a folder may change hands before a command gives up. */
const TURNS_MAX = 5
/** Neither needs a configuration, nor a data folder. */
const ASKS_FOR_WORDS = new Set(['help', '--help', '-h', '--version'])
/** 128 and the number of SIGINT, as shells have it. */
const INTERRUPTED = 130

/** What a command stands on: opened for it, or borrowed from the server inside which it runs. */
interface Ground {
  reading(): ConfigReading
  /**
   * Whether the embedded database is still to be made, as it was when this was first asked: whoever looks then takes no
   * lock, and must not open what another process has made since.
   */
  isNew(): boolean
  open(): Promise<Pick<OpenCampus, 'campus' | 'database'>>
  /** The database as it is, before migrations. */
  database(): Promise<Database>
  serve(): Promise<void>
}

/** A database that is still to be made has no history. */
const NO_DATABASE: Parameters<typeof pendingMigrations>[0] = { query: async () => [] }

const log = createLog({ logLevel: 'warn' }, process.stderr)

function powersOn({ reading, isNew, open, database, serve: run }: Ground): Powers {
  return {
    version: ownVersion(),
    campus: async () => (await open()).campus,
    auditLog: async () => createAuditLog((await open()).database),
    migrations: async () => {
      return {
        pending: async () => pendingMigrations(isNew() ? NO_DATABASE : await database(), { folder: MIGRATIONS }),
        apply: async () => (await migrate(await database(), { folder: MIGRATIONS, log })).applied,
      }
    },
    examination: examinationOn({ reading, isNew, database }),
    serve: run,
    environment: processEnvironment(),
    pause: async (milliseconds, signal) => {
      await wait(milliseconds, undefined, { signal }).catch(() => undefined)
    },
  }
}

function onlyLooks(argv: readonly string[]): boolean {
  return argv[0] === 'doctor' || (argv[0] === 'migrate' && argv.includes('--dry-run'))
}

function examinationOn({ reading, isNew, database }: Pick<Ground, 'reading' | 'isNew' | 'database'>): Examination {
  return {
    nodeVersion: process.versions.node,
    configuration: reading,
    dataFolder: async ({ dataDir }) => dataFolderPermissions(dataDir),
    database: async () => {
      if (isNew()) return null
      const on = await database()
      const before = systemClock().getTime()
      const { version, clock } = await describeServer(on)
      const middle = (before + systemClock().getTime()) / 2
      const pending = await pendingMigrations(on, { folder: MIGRATIONS })
      return { version, aheadMilliseconds: clock.getTime() - middle, pendingMigrations: pending }
    },
    redis: async (config) => {
      if (config.redis === null) throw new Error('there is none')
      const redis = await openRedis(config.redis, log)
      try {
        return { version: await redis.version(), policy: await redis.evictionPolicy() }
      } finally {
        await redis.close()
      }
    },
    discoveredIssuer: async ({ issuer }) => {
      const address = `${issuer}/.well-known/openid-configuration`
      const answer = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(DISCOVERY_MILLISECONDS) })
      if (!answer.ok) throw new Error(`it answers with status ${answer.status}`)
      const document: unknown = await answer.json()
      if (typeof document !== 'object' || document === null || !('issuer' in document)) throw new Error('it names none')
      return String(document.issuer)
    },
  }
}

/** The manifest that says what kind of modules we are cannot be missing. */
function ownVersion(): string {
  const manifest = findPackageJSON('.', import.meta.url)
  return manifest === undefined ? 'unknown' : String(JSON.parse(readFileSync(manifest, 'utf8')).version)
}

/** Opens what the command asks for. The data folder is locked already where the database lives in it. */
function ownGround(argv: readonly string[], terminal: Terminal, stack: AsyncDisposableStack): Ground {
  const secrets = onlyLooks(argv) ? passingSecrets : generatedSecrets
  const reading = once(() =>
    loadConfig({
      root: process.cwd(),
      generatedSecrets: (folder, names) => secrets(folder, names, systemRandomness),
    }),
  )
  return {
    reading,
    isNew: once(() => {
      const { database, dataDir } = reading().config
      return database.kind === 'embedded' && !existsSync(join(dataDir, 'database'))
    }),
    open: once(async () => {
      const { config } = reading()
      // The embedded database has no other server: nobody could be surprised.
      const schema = config.database.kind === 'embedded' ? 'migrate' : 'expect'
      return stack.adopt(await openCampus(config, log, schema), ({ close }) => close())
    }),
    database: once(async () => {
      const { config } = reading()
      return stack.adopt(await openDatabase(config, log), (database) => database.close())
    }),
    serve: () => serveOn(reading(), terminal),
  }
}

async function serveOn(reading: ConfigReading, terminal: Terminal): Promise<void> {
  const { config } = reading
  // Whoever tries the demo by hand wants to see its summary, and not a line for each request below it.
  const isWatched = config.profile === 'demo' && process.stdout.isTTY
  await serve({
    config,
    log: isWatched ? createLog(config, logFile(join(config.dataDir, 'server.log'))) : createLog(config),
    environment: processEnvironment(),
    uptimeSeconds: () => process.uptime(),
    terminal,
    colour: process.stdout.isTTY && process.stdout.hasColors(),
    runInside: (open) => (argv, guest) => runCommand(argv, guest, powersOn(borrowedGround(reading, open))),
  })
}

function borrowedGround(reading: ConfigReading, open: OpenCampus): Ground {
  return {
    reading: () => reading,
    isNew: () => false,
    open: async () => open,
    database: async () => open.database,
    serve: () => Promise.reject(new Error('the server runs already')),
  }
}

async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  await using stack = new AsyncDisposableStack()
  const ground = ownGround(argv, terminal, stack)
  try {
    const reading = readingFor(argv, ground)
    // `doctor` has them among its findings.
    const warnings = argv[0] === 'doctor' ? [] : (reading?.warnings ?? [])
    for (const warning of warnings) terminal.err(`Warning: ${warning}\n`)
    const folder = reading && embeddedFolder(argv, reading.config, ground)
    const held = folder === null ? null : await askOrLock(folder, argv, terminal)
    if (typeof held === 'number') return held
    if (held !== null) stack.adopt(held, (lock) => lock.release())
  } catch (error) {
    return explain(error, terminal)
  }
  return await runCommand(argv, terminal, powersOn(ground))
}

/** null where the command needs none, or will say itself what is wrong with it: `doctor` in its own way. */
function readingFor(argv: readonly string[], { reading }: Ground): ConfigReading | null {
  if (argv[0] === undefined || argv.some((it) => ASKS_FOR_WORDS.has(it))) return null
  try {
    return reading()
  } catch {
    return null
  }
}

/** The data folder whose database the command needs; null where it needs none, or the database lives elsewhere. */
function embeddedFolder(argv: readonly string[], config: Config, { isNew }: Ground): string | null {
  if (argv[0] === 'serve' || config.database.kind !== 'embedded') return null
  return onlyLooks(argv) && isNew() ? null : config.dataDir
}

/**
 * The exit code, where a server holds the folder and runs the command; else the lock. A server that is starting holds
 * the folder and does not listen yet: the lock waits until it does, and then it is asked.
 */
async function askOrLock(folder: string, argv: readonly string[], terminal: Terminal): Promise<number | FolderLock> {
  for (let turn = 1; ; turn += 1) {
    const code = await askServer(folder, argv, terminal)
    if (code !== null) return code
    try {
      return await lockDataFolder(folder)
    } catch (error) {
      const isHeld = error instanceof Error && 'code' in error && error.code === FOLDER_LOCKED
      if (!isHeld || turn >= TURNS_MAX) throw error
    }
  }
}

function once<Arguments extends unknown[], Result>(make: (...given: Arguments) => Result) {
  let made: { result: Result } | null = null
  return (...given: Arguments): Result => {
    made ??= { result: make(...given) }
    return made.result
  }
}

function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run as a number that no user has.
    return `uid-${process.getuid?.() ?? 'unknown'}`
  }
}

async function main(): Promise<number> {
  const argv = process.argv.slice(2)
  const { stdin, stdout, stderr } = process
  const leaving = new AbortController()
  // The server has its own way to stop. The second Ctrl-C ends any other command where it stands.
  if (argv[0] !== 'serve') process.once('SIGINT', () => leaving.abort())
  // `campus-id audit tail | head`: whoever read has enough.
  stdout.on('error', () => leaving.abort())
  const place = { folder: process.cwd(), operator: operatorName(), signal: leaving.signal }
  const code = await run(argv, localTerminal({ stdin, stdout, stderr, ...place }))
  return leaving.signal.aborted ? INTERRUPTED : code
}

process.exitCode = await main()
