import { types } from 'node:util'
import { CommanderError } from 'commander'
import { BACKUP_BROKEN, BACKUP_REFUSED } from '../backup/backup.ts'
import { ConfigError } from '../config.ts'
import { isUnavailable, Refusal } from '../errors.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { EXIT, type ExitCode } from './command.ts'

const CAUSES_MAX = 5

/** What our refusals mean to an operator, by their stable codes. */
const REFUSALS: Record<string, string> = {
  login_taken: 'This number or alias is somebody’s already.',
  contact_taken: 'This phone number or address is somebody’s already.',
  unknown_code: 'The type, organisation, major or class is in no table of this school.',
  not_found: 'There is no such person.',
  client_managed_elsewhere: 'A client of this file is administered elsewhere.',
  malformed_password: 'This text cannot be a password.',
}

/** Errors of adapters that are answers and not accidents: their messages say what to do. */
const ANSWERS: Record<string, ExitCode> = {
  data_folder_locked: EXIT.unavailable,
  data_folder_unusable: EXIT.usage,
  schema_behind: EXIT.failed,
  server_lost: EXIT.failed,
  server_running: EXIT.refused,
  [BACKUP_BROKEN]: EXIT.failed,
  [BACKUP_REFUSED]: EXIT.refused,
  key_not_opened: EXIT.usage,
  EADDRINUSE: EXIT.unavailable,
}

/** What to do about errors of the system and of PostgreSQL that an operator can mend. */
const ADVICE: Record<string, string> = {
  ENOENT: 'Is the path right, and does its folder exist?',
  EACCES: 'Give this account the right, or name another path or port.',
  EPERM: 'Give this account the right, or name another path or port.',
  EROFS: 'Name a place that can be written to.',
  EISDIR: 'Name a file, not a folder.',
  ENOSPC: 'Make room, or name another place.',
  // insufficient_privilege
  '42501':
    'The account of DATABASE_URL may not do this: take one that owns the tables, or give it the rights that it lacks.',
}

/** Says what went wrong in the operator's words, without a stack, and answers the exit code that belongs to it. */
export function explain(error: unknown, { err }: Pick<Terminal, 'err'>): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof ConfigError) {
    err(`${error.message}\n`)
    return EXIT.usage
  }
  if (error instanceof Refusal) {
    // Which clients these are is known to the cause alone.
    const which = error.code === 'client_managed_elsewhere' ? causeOf(error) : null
    err(`Refused: ${which ?? REFUSALS[error.code] ?? error.code}\n`)
    return EXIT.refused
  }
  if (isUnavailable(error)) {
    const name = NAMES[error.unavailable]
    // The adapter's own message says the same in other words: what counts is what it was told.
    const words = (causeOf(error) ?? messageOf(error)).replace(/\.$/, '')
    err(`${name} does not answer: ${words}${WHERE[error.unavailable]}\n`)
    return EXIT.unavailable
  }
  const answer = ANSWERS[codeOf(error)]
  if (answer !== undefined) {
    err(`${types.isNativeError(error) ? error.message : error}\n`)
    return answer
  }
  const advice = adviceAbout(error)
  err(`Failed: ${messageOf(error)}${advice === null ? '' : `. ${advice}`}\n`)
  return EXIT.failed
}

const WHERE = {
  postgres: '. Does it run, and is DATABASE_URL right?',
  redis: '. Does it run, and is REDIS_URL (REDIS_SENTINELS, REDIS_CLUSTER) right?',
  hashing: '',
  audit: '',
}

const NAMES = { postgres: 'PostgreSQL', redis: 'Redis', hashing: 'The password hasher', audit: 'The audit' }

/** The message and those of its causes, in one line. */
export function messageOf(error: unknown): string {
  const messages: string[] = []
  let current = error
  while (types.isNativeError(current) && messages.length < CAUSES_MAX) {
    // An AggregateError, as connecting to a name with two addresses throws, has no message of its own.
    if (current.message === '' && 'errors' in current && Array.isArray(current.errors)) current = current.errors[0]
    if (!types.isNativeError(current)) break
    if (!messages.includes(current.message)) messages.push(current.message)
    current = current.cause
  }
  return messages.join(': ') || String(error)
}

function adviceAbout(error: unknown): string | null {
  const advice = ADVICE[codeOf(error)]
  if (advice !== undefined) return advice
  return types.isNativeError(error) && error.cause !== undefined ? adviceAbout(error.cause) : null
}

function causeOf({ cause }: Error): string | null {
  return types.isNativeError(cause) ? messageOf(cause) : null
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
