/** People and their identities (学工号). What a person can prove stands in src/credentials. */
import type { Campus } from '../campus.ts'
import { refusals } from '../errors.ts'

export { foldLogin } from './fold-login.ts'
export { type FieldProblem, type NewPersonAnswer, type NewPersonInput, newPerson } from './new-person.ts'

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
  /** Rejects with an Error whose `code` is `login_taken` when a number or an alias is already somebody's. */
  create(person: NewPerson): Promise<void>
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
  const valid = person.identities.filter(({ validFrom, validTo }) => validFrom <= at && (!validTo || at < validTo))
  const latest = valid.toSorted((a, b) => b.validFrom.getTime() - a.validFrom.getTime())
  return latest.find((identity) => identity.isPrimary) ?? latest[0] ?? null
}

/** Throws `refusals.loginTaken` when a number or an alias is already somebody's. */
export async function createPerson({ people }: Pick<Campus, 'people'>, person: NewPerson): Promise<void> {
  try {
    await people.create(person)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'login_taken') throw refusals.loginTaken(error)
    throw error
  }
}
