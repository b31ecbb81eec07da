/** People and their identities (学工号). What a person can prove stands in src/credentials. */

/** A uuid that is never shown to a relying party (src/subjects gives them their `sub`). */
export type PersonId = string

/** `pending` has not activated the account yet; `suspended` may come back; `closed` never does. */
export type PersonState = 'pending' | 'active' | 'suspended' | 'closed'

export interface Identity {
  id: string
  /** 学工号: usually 12 digits, always text. */
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
  /** Further words for the account field, as the person types them. */
  aliases: string[]
}

export interface PeopleStore {
  find(id: PersonId): Promise<Person | null>
  /** `login` is folded already (`foldLogin`). */
  findByLogin(login: string): Promise<Person | null>
  /** Throws `refusals.loginTaken` (src/errors.ts) when a number or an alias is already somebody's. */
  create(person: NewPerson): Promise<void>
  /** By number, ascending; `after` is the last number of the page before. */
  list(page: { after: string | null; limit: number }): Promise<Person[]>
}
