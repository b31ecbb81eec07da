/** What an account can prove for years: one table, one port. Each kind's shape belongs to the room that names it. */
import type { PersonId } from '../people/people.ts'

/** Names a kind once, together with the parser of its stored shape. */
export interface CredentialKind<Data> {
  name: string
  parse(stored: unknown): Data
}

export interface CredentialStore {
  find<Data>(kind: CredentialKind<Data>, personId: PersonId, label?: string): Promise<Data | null>
  /** Whose login it is (as folded by `foldLogin`), and what they have of this kind; null where it is nobody's. */
  findByLogin<Data>(
    kind: CredentialKind<Data>,
    login: string,
  ): Promise<{ personId: PersonId; data: Data | null } | null>
  put<Data>(kind: CredentialKind<Data>, personId: PersonId, data: Data, label?: string): Promise<void>
  /**
   * A success: puts `after` in the place of `before` (the same, or hashed anew) and forgets the failures of every
   * scope, both only if `before` still stands: a rehash must never undo a change of password.
   */
  confirm<Data>(kind: CredentialKind<Data>, personId: PersonId, before: Data, after: Data): Promise<boolean>
  remove(kind: CredentialKind<unknown>, personId: PersonId, label?: string): Promise<void>

  /**
   * Counts a try before it is compared, in one statement, and answers the number of consecutive failures including
   * this one; null when `most` is reached already, or when there is no such person: then nothing may be compared.
   */
  takeTry(kind: CredentialKind<unknown>, personId: PersonId, scope: string, most: number): Promise<number | null>
  /**
   * Takes back one try that was counted and then not compared; never counts below nothing. After a comparison this
   * would be one guess more than the cap allows.
   */
  giveBackTry(kind: CredentialKind<unknown>, personId: PersonId, scope: string): Promise<void>
  /** Of every scope, as for a new authenticator. */
  forgetFailures(kind: CredentialKind<unknown>, personId: PersonId): Promise<void>
}
