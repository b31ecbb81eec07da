/** Which failures mean that PostgreSQL is away or overloaded, rather than that we asked it a wrong question. */
import { isNativeError } from 'node:util/types'
import { DatabaseError } from 'pg'
import type { Unavailable } from '../../src/errors.ts'

const RETRY_AFTER_SECONDS = 2

export function unavailable(cause: unknown): Unavailable {
  const error = new Error('PostgreSQL is not available', { cause: withoutValues(cause) })
  return Object.assign(error, { unavailable: 'postgres' as const, retryAfterSeconds: RETRY_AFTER_SECONDS })
}

/** SQLSTATE (PostgreSQL, appendix A): the server is going, starting, full, or took too long. We asked nothing wrong. */
const AWAY = [
  /^08/, // connection exception
  /^25P0[34]$/, // a transaction stood idle or ran too long
  /^25006$/, // read-only: a standby, or a primary that was demoted
  /^40(001|P01)$/, // serialization failure, deadlock
  /^53/, // no memory, no disk, no connection left
  /^55P03$/, // lock_timeout
  /^57014$/, // statement_timeout
  /^57P0/, // shutting down, crashed, starting, dropped
  /^58/, // its system failed it
]

/** After these the connection itself serves on. */
const CONNECTION_SURVIVES = /^(40001|40P01|55P03|57014)$/

/** A statement was prepared on this connection before a migration changed what it answers, and fails here for good. */
const STALE_PLAN = '0A000'

/** What pg says in plain words when the connection has gone, or when its own `query_timeout` has passed. */
const GONE = /^(Connection terminated|Client (was closed|has encountered)|Query read timeout|timeout expired)/

export interface Failure {
  /** What the caller gets. */
  error: unknown
  /** The connection is of no more use. */
  connectionLost: boolean
}

export function judge(error: unknown): Failure {
  if (error instanceof DatabaseError) {
    const state = error.code ?? ''
    if (state === STALE_PLAN && /cached plan/.test(error.message)) {
      return { error: unavailable(error), connectionLost: true }
    }
    if (AWAY.some((pattern) => pattern.test(state))) {
      return { error: unavailable(error), connectionLost: !CONNECTION_SURVIVES.test(state) }
    }
    return { error: withoutValues(error), connectionLost: false }
  }
  if (isNativeError(error) && (GONE.test(error.message) || isSocketError(error))) {
    return { error: unavailable(error), connectionLost: true }
  }
  return { error, connectionLost: false }
}

/** Errors of the system, such as ECONNRESET, and of Node's streams, such as ERR_STREAM_DESTROYED. */
function isSocketError(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && /^E[A-Z_]+$/.test(error.code)
}

/** `Key (login)=(202407010101) already exists`: values are people's data, and errors are logged. */
export function withoutValues(error: unknown): unknown {
  if (isNativeError(error)) {
    for (const property of ['detail', 'where', 'query', 'params', 'queryOptions'])
      Reflect.deleteProperty(error, property)
  }
  return error
}

/** The unique constraint that a statement broke, or null. Both drivers report it alike. */
export function brokenUniqueness(error: unknown): string | null {
  return brokenConstraint(error, '23505')
}

/** The foreign key whose row is not there, or null. */
export function brokenReference(error: unknown): string | null {
  return brokenConstraint(error, '23503')
}

function brokenConstraint(error: unknown, state: string): string | null {
  if (!isNativeError(error) || !('code' in error) || error.code !== state) return null
  return 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : ''
}

/** What is administered in one place is not written from another. */
export function managedElsewhere(what: string, managedBy: string): Error {
  const error = new Error(`${what} is not managed by ${managedBy}`)
  return Object.assign(error, { code: 'client_managed_elsewhere' })
}
