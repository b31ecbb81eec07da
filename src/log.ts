/** The log: one JSON line an event, in which no secret and no personal data stands in clear. */
import { types } from 'node:util'
import { type DestinationStream, type LogFn, type Logger, pino, stdTimeFunctions } from 'pino'
import type { Config } from './config.ts'

const CAUSES_MAX = 5

/** Field names whose values never reach a line, at the top of an event or one level below. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'password',
  'secret',
  'client_secret',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'logout_token',
  'otp',
  'code_verifier',
  'client_assertion',
  'authorization',
  'cookie',
  'set-cookie',
  'body',
  'query',
])

type Destination = DestinationStream & { flushSync?(): void }

/**
 * Without a destination the lines go to standard output, each before the next statement runs: a crash loses none.
 * `worker` is the number of the place that this process has in a server of several.
 */
export function createLog(
  { logLevel }: Pick<Config, 'logLevel'>,
  destination?: Destination,
  { worker }: { worker: number | null } = { worker: null },
): Logger {
  const options = {
    level: logLevel,
    base: { pid: process.pid, ...(worker !== null && { worker }) },
    timestamp: stdTimeFunctions.isoTime,
    // pino's own `redact` reads each of its paths anew for each line, which cost more than all the rest of a line.
    formatters: { level: (label: string) => ({ level: label }), log: (fields: object) => withoutSecrets(fields) },
    serializers: { err: describeError, error: describeError },
    hooks: { logMethod: writing(() => destination?.flushSync?.()) },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/** For `createLog`: a file that its owner alone may read, made with its folder where it is missing. */
export function logFile(path: string): DestinationStream {
  return pino.destination({ dest: path, mkdir: true, mode: 0o600, sync: true })
}

const FLUSH_EVERY_MILLISECONDS = 100
const FLUSH_BYTES = 4_096

/**
 * For `createLog`: standard output, for a process that writes a line for each request. Lines wait for their like for a
 * tenth of a second at most, one that warns takes along all before it, and an end of any kind but SIGKILL loses none.
 */
export function gatheredOutput(process: Pick<NodeJS.Process, 'once'>): Destination {
  const flushing = { sync: true, minLength: FLUSH_BYTES, periodicFlush: FLUSH_EVERY_MILLISECONDS }
  const output = pino.destination({ dest: 1, ...flushing })
  process.once('exit', () => output.flushSync())
  return output
}

const WARNING = 40

/** pino copies an error's message, unmasked, into a line that has none of its own: it gets the error's name instead. */
function writing(flush: () => void) {
  return function write(this: Logger, [first, message, ...values]: Parameters<LogFn>, line: LogFn, level: number) {
    const fields: unknown = types.isNativeError(first) ? { err: first } : first
    const error = typeof fields === 'object' && fields !== null && 'err' in fields ? fields.err : null
    line.apply(this, [fields, message ?? (types.isNativeError(error) ? error.name : undefined), ...values])
    if (level >= WARNING) flush()
  }
}

/** At the top and one level below, as far as anything is logged here. */
function withoutSecrets(fields: object, levelsBelow = 1): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (SECRET_FIELDS.has(name)) shown[name] = '[redacted]'
    // The query of an address may carry a code, a token or a login hint; its path says where it happened.
    else if (name === 'url') shown[name] = String(value).replace(/[?#].*$/s, '')
    else shown[name] = levelsBelow > 0 && isPlain(value) ? withoutSecrets(value, levelsBelow - 1) : value
  }
  return shown
}

/** Not an error, which a serializer describes, nor a list, a date or anything else that is more than its fields. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Enough of a login to recognise it in a conversation with its owner: `202407010101` becomes `2024****0101`. */
export function maskLogin(login: string): string {
  const characters = Array.from(login)
  const kept = characters.length >= 12 ? 4 : characters.length >= 8 ? 2 : 0
  const tail = kept === 0 ? '' : characters.slice(-kept).join('')
  return `${characters.slice(0, kept).join('')}****${tail}`
}

interface ErrorLine {
  type: string
  message: string
  code?: string
  stack?: string
  cause?: ErrorLine
  errors?: ErrorLine[]
}

/**
 * Names, message, stack and causes, and no other property: a driver's error carries the statement's parameters, the
 * row that was in the way (`detail`) and more.
 */
function describeError(error: unknown, depth = 0): ErrorLine {
  if (!types.isNativeError(error)) return { type: typeof error, message: withoutValues(String(error)) }
  const line: ErrorLine = { type: error.name, message: withoutValues(error.message) }
  if ('code' in error && typeof error.code === 'string') line.code = error.code
  if (error.stack !== undefined) line.stack = withoutValues(error.stack)
  if (depth < CAUSES_MAX) {
    if (error.cause !== undefined) line.cause = describeError(error.cause, depth + 1)
    if ('errors' in error && Array.isArray(error.errors)) {
      line.errors = error.errors.slice(0, CAUSES_MAX).map((inner) => describeError(inner, depth + 1))
    }
  }
  return line
}

/**
 * Messages of others quote what they choke on: PostgreSQL writes `invalid input syntax for type uuid: "…"` and
 * `Key (login)=(…)`, URL parsers the whole address. Long digit runs are numbers of people or telephones.
 */
function withoutValues(text: string): string {
  return text
    .replace(/(:\s*)"[^"\n]*"/g, '$1"…"')
    .replace(/=\([^)\n]*\)/g, '=(…)')
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, '$1…@')
    .replace(/(?<![\w-])\d{8,}(?![\w-])/g, (digits) => maskLogin(digits))
}
