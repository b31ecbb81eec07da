/** Puts the house together for operators: `campus-id <command>`. */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { askServer } from '../adapters/data-folder/ask-server.ts'
import { generatedSecrets, passingSecrets } from '../adapters/data-folder/kept-secret.ts'
import { FOLDER_LOCKED, type FolderLock, lockDataFolder } from '../adapters/data-folder/lock.ts'
import { type Seat, takeSeat } from '../adapters/processes/seat.ts'
import { type Ground, powersOn } from './command-powers.ts'
import { explain, runCommand } from './commands/commands.ts'
import {
  type Config,
  type ConfigReading,
  isSupervised,
  loadConfig,
  processEnvironment,
  workerNumber,
} from './config.ts'
import { createLog, gatheredOutput, logFile } from './log.ts'
import { serve } from './main.ts'
import { type OpenCampus, openCampus, openDatabase } from './open-campus.ts'
import { systemRandomness } from './system.ts'
import { localTerminal, type Terminal } from './terminal/terminal.ts'

/** How often a folder may change hands before a command gives up. */
const TURNS_MAX = 5
/** Neither needs a configuration, nor a data folder. */
const ASKS_FOR_WORDS = new Set(['help', '--help', '-h', '--version'])
/** 128 and the number of SIGINT, as shells have it. */
const INTERRUPTED = 130

const log = createLog({ logLevel: 'warn' }, process.stderr)

function onlyLooks(argv: readonly string[]): boolean {
  return argv[0] === 'doctor' || (argv[0] === 'migrate' && argv.includes('--dry-run'))
}

/** Opens what the command asks for. The data folder is locked already where the database lives in it. */
function ownGround(
  argv: readonly string[],
  terminal: Terminal,
  { seat, stack }: { seat: Seat | null; stack: AsyncDisposableStack },
): Ground {
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
    isBorrowed: false,
    serve: () => serveOn(reading(), terminal, seat),
  }
}

async function serveOn(reading: ConfigReading, terminal: Terminal, seat: Seat | null): Promise<void> {
  const { config } = reading
  // A server of several processes is started by primary.ts, which knows one way to be called.
  if (seat === null || (isSupervised(config) && !seat.isSupervised)) throw new Error('serve takes no further words')
  shortenStacks()
  // Whoever tries the demo by hand wants to see its summary, and not a line for each request below it.
  const isWatched = config.profile === 'demo' && process.stdout.isTTY
  await serve({
    config,
    log: isWatched
      ? createLog(config, logFile(join(config.dataDir, 'server.log')))
      : createLog(config, gatheredOutput(process), { worker: workerNumber() }),
    seat,
    environment: processEnvironment(),
    uptimeSeconds: () => process.uptime(),
    terminal,
    colour: process.stdout.isTTY && process.stdout.hasColors(),
    runInside: (open) => (argv, guest) => runCommand(argv, guest, powersOn(borrowedGround(reading, open), log)),
  })
}

/** What Node collects unless it is told otherwise (`--stack-trace-limit`), and what names the place of a bug. */
const [USUAL_FRAMES, ENOUGH_FRAMES] = [10, 3]

/** The library makes errors that it never throws, three at each userinfo request, and each collects its frames. */
function shortenStacks(): void {
  if (Error.stackTraceLimit === USUAL_FRAMES) Error.stackTraceLimit = ENOUGH_FRAMES
}

function borrowedGround(reading: ConfigReading, open: OpenCampus): Ground {
  return {
    reading: () => reading,
    isNew: () => false,
    open: async () => open,
    database: async () => open.database,
    serve: () => Promise.reject(new Error('the server runs already')),
    isBorrowed: true,
  }
}

async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  await using stack = new AsyncDisposableStack()
  const seat = argv[0] === 'serve' ? stack.adopt(takeSeat(), ({ leave }) => leave()) : null
  const ground = ownGround(argv, terminal, { seat, stack })
  try {
    const reading = readingFor(argv, ground)
    // `doctor` has them among its findings, and of a server the supervisor has said them.
    const areSaid = argv[0] === 'doctor' || seat?.isSupervised
    const warnings = areSaid ? [] : (reading?.warnings ?? [])
    for (const warning of warnings) terminal.err(`Warning: ${warning}\n`)
    const folder = reading && embeddedFolder(argv, reading.config, ground)
    const held = folder === null ? null : await askOrLock(folder, argv, terminal)
    if (typeof held === 'number') return held
    if (held !== null) stack.adopt(held, (lock) => lock.release())
  } catch (error) {
    return explain(error, terminal)
  }
  return await runCommand(argv, terminal, powersOn(ground, log))
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
