/** Checking and setting passwords. The sign-in page, recovery, activation and the command line all come here. */
import type { KnownDevice } from '../devices/devices.ts'
import type { PersonId } from '../people/people.ts'

export { checkPassword } from './check-password.ts'
export { passwordCredential, type StoredPassword } from './password-credential.ts'
export { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, type PasswordProblem } from './password-policy.ts'
export { type NewPassword, type SetPasswordOutcome, setPassword } from './set-password.ts'
export { traceHasher } from './traced-hasher.ts'

/** For whom a hash is computed: the queue is fair between addresses and between accounts. */
export interface HashingFor {
  address: string
  account: string
}

export interface PasswordHasher {
  /** Answers an encoded hash: `<pepper id>:<PHC string>`. */
  hash(password: string, hashingFor: HashingFor): Promise<string>
  /** Rejects with `Unavailable` (src/errors.ts) when the queue is full: it sheds rather than waits. */
  verify(encoded: string, password: string, hashingFor: HashingFor): Promise<boolean>
  /** Made with older parameters or an older pepper than the present ones. */
  isOutdated(encoded: string): boolean
  /** The hash of nothing that anyone knows: a missing account costs as much as a wrong password. */
  decoy: string
  close(): Promise<void>
}

export type PasswordOutcome =
  | { kind: 'right'; personId: PersonId }
  /** Also: no such account, no password yet, or one that failed too often to be compared ever again. */
  | { kind: 'wrong' }
  /** Nothing was compared. `workHelps`: with a proof of work (src/throttle) the same try would be let through. */
  | { kind: 'throttled'; retryAfterSeconds: number; workHelps: boolean }

export interface PasswordAttempt {
  /** As typed: a number or an alias. */
  login: string
  password: string
  address: string
  device: KnownDevice | null
  clientId: string
  /** The request id, for the audit. */
  request: string
  /** `WorkProof.check` (src/throttle) has said so for this try. */
  workProven?: boolean
}
