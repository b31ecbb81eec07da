/** People and their identities (学工号). What a person can prove stands in src/credentials. */
import type { Campus } from '../campus.ts'
import { refusals } from '../errors.ts'
import type { ProfileStatement } from './profile.ts'

export { foldLogin } from './fold-login.ts'
export { type FieldProblem, type NewPersonAnswer, type NewPersonInput, newPerson } from './new-person.ts'
export type {
  CodeBook,
  Coded,
  CodeStore,
  Contact,
  Organisation,
  PersonType,
  Placement,
  PlacementStatement,
  Profile,
  ProfileStatement,
} from './profile.ts'
export { type Suspension, type SuspensionOutcome, suspendOrRestore } from './suspension.ts'

/** A uuid that is never shown to a relying party (src/subjects gives them their `sub`). */
export type PersonId = string

/** `pending` has not activated the account yet; `suspended` may come back; `closed` never does. */
export type PersonState = 'pending' | 'active' | 'suspended' | 'closed'

export interface Identity {
  id: string
  /** 学工号: usually 12 digits, always text. Its letters keep the case in which the school writes them. */
  number: string
  /** A code of the school's type table, such as `undergraduate` or `staff`. */
  type: string
  organisation: string | null
  isPrimary: boolean
  validFrom: Date
  validTo: Date | null
}

export interface Person {
  id: PersonId
  name: string
  state: PersonState
  identities: Identity[]
}

export interface NewPerson {
  id: PersonId
  name: string
  state: PersonState
  identities: Identity[]
  /** Further words for the account field, folded (`foldLogin`). A number's own word is its lower case. */
  aliases: string[]
}

export interface PeopleStore {
  find(id: PersonId): Promise<Person | null>
  /** `login` is folded already (`foldLogin`). */
  findByLogin(login: string): Promise<Person | null>
  /**
   * Rejects with an Error whose `code` is `login_taken` when a number or an alias is already somebody's, and
   * `unknown_code` where the type is in no table.
   */
  create(person: NewPerson): Promise<void>
  /**
   * States anew what relying parties may learn of somebody; identities that are not named stay as they are. Rejects
   * with the code `unknown_code` where a code is in no table, and `contact_taken` where a verified phone or address is
   * somebody else's.
   */
  describe(id: PersonId, statement: ProfileStatement): Promise<void>
  /** Answers whether this call has changed it: of several at once one does, and none where the state is another. */
  setState(id: PersonId, change: { from: PersonState; to: PersonState }): Promise<boolean>
  /** By number, ascending; `after` is the last number of the page before. */
  list(page: { after: string | null; limit: number }): Promise<Person[]>
}

export type SignInObstacle = 'account_pending' | 'account_suspended' | 'account_closed' | 'identity_expired'

export type SignInPermission = { allowed: true } | { allowed: false; reason: SignInObstacle }

/** An active person with at least one identity that is valid at that time. To be asked on every path that signs in. */
export function maySignIn(person: Person, at: Date): SignInPermission {
  if (person.state !== 'active') return { allowed: false, reason: `account_${person.state}` }
  return primaryIdentity(person, at) ? { allowed: true } : { allowed: false, reason: 'identity_expired' }
}

/**
 * The identity that speaks for the person at that time: the one marked primary while it is valid, else the valid one
 * that began last (a student who became staff); null when none is valid.
 */
export function primaryIdentity(person: Person, at: Date): Identity | null {
  return validIdentities(person, at)[0] ?? null
}

/** Those that are valid at that time, the one that speaks for the person first. */
export function validIdentities({ identities }: Person, at: Date): Identity[] {
  const valid = identities.filter(({ validFrom, validTo }) => validFrom <= at && (!validTo || at < validTo))
  return valid.toSorted(
    (a, b) => Number(b.isPrimary) - Number(a.isPrimary) || b.validFrom.getTime() - a.validFrom.getTime(),
  )
}

/**
 * `statement`: what relying parties may learn of them. To be called in a transaction: both stand, or neither does.
 * Throws `refusals.loginTaken`, `contactTaken` and `unknownCode`.
 */
export async function createPerson(
  { people }: Pick<Campus, 'people'>,
  person: NewPerson,
  statement: ProfileStatement | null = null,
): Promise<void> {
  try {
    await people.create(person)
    if (statement !== null) await people.describe(person.id, statement)
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    if (error.code === 'login_taken') throw refusals.loginTaken(error)
    if (error.code === 'contact_taken') throw refusals.contactTaken(error)
    if (error.code === 'unknown_code') throw refusals.unknownCode(error)
    throw error
  }
}
