/** How people stand in the answers of the database: a row for each of their identities. */
import type { Identity, Person, PersonState } from '../../src/people/people.ts'

/** A person with one of their identities, or with none: then `identityId` is null and so is what follows it. */
export type PersonRow = { id: string; name: string; state: PersonState } & (IdentityColumns | { identityId: null })

interface IdentityColumns {
  identityId: string
  number: string
  type: string
  organisation: string | null
  isPrimary: boolean
  validFrom: Date
  validTo: Date | null
}

export const PERSON_COLUMNS = `people.id, people.name, people.state, identities.id AS "identityId", identities.number,
  identities.type, identities.organisation, identities.is_primary AS "isPrimary", identities.valid_from AS "validFrom",
  identities.valid_to AS "validTo"`

export const IDENTITY_ORDER = 'identities.valid_from, identities.number'

/** Rows of one person stand together. What else stands in a row is not the person's. */
export function peopleFrom(rows: readonly PersonRow[]): Person[] {
  const people: Person[] = []
  for (const row of rows) {
    const { id, name, state } = row
    const person = people.at(-1)?.id === id ? people.at(-1) : undefined
    const identities = row.identityId === null ? [] : [identityFrom(row)]
    if (person) person.identities.push(...identities)
    else people.push({ id, name, state, identities })
  }
  return people
}

function identityFrom({ identityId: id, ...row }: IdentityColumns): Identity {
  const { number, type, organisation, isPrimary, validFrom, validTo } = row
  return { id, number, type, organisation, isPrimary, validFrom, validTo }
}
