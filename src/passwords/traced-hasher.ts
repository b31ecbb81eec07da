import type { Campus } from '../campus.ts'
import type { PasswordHasher } from './passwords.ts'

/** A span for each job, its time in the queue included. */
export function traceHasher({ tracing }: Pick<Campus, 'tracing'>, hasher: PasswordHasher): PasswordHasher {
  return {
    ...hasher,
    hash: (...asked) => tracing.span('hashing hash', {}, () => hasher.hash(...asked)),
    verify: (...asked) => tracing.span('hashing verify', {}, () => hasher.verify(...asked)),
  }
}
