/** The `sub` by which a sector (a host, or `public`) knows a person: opaque, stable, never anybody else's. */
import type { Campus } from '../campus.ts'
import type { PersonId } from '../people/people.ts'

export interface SubjectStore {
  /** The current subject of this person in this sector, made from `fresh` at the first call. One winner in a race. */
  findOrCreate(personId: PersonId, sector: string, fresh: string): Promise<string>
}

export type SubjectLookup = (personId: PersonId, sector: string) => Promise<string>

/** 192 bits: nobody guesses one, and no two are equal. */
const SUBJECT_BYTES = 24

const REMEMBERED_MAX = 20_000

/**
 * Remembers what it was told, the oldest forgotten first: the mapping does not change while a process lives. A subject
 * says nothing about the person, not even whether two sectors speak of the same one.
 */
export function createSubjectLookup({ subjects, random }: Pick<Campus, 'subjects' | 'random'>): SubjectLookup {
  const remembered = new Map<string, string>()
  return async (personId, sector) => {
    const key = `${personId} ${sector}`
    const known = remembered.get(key)
    if (known !== undefined) return known
    const subject = await subjects.findOrCreate(personId, sector, random.token(SUBJECT_BYTES))
    const oldest = remembered.keys().next()
    if (remembered.size >= REMEMBERED_MAX && !oldest.done) remembered.delete(oldest.value)
    remembered.set(key, subject)
    return subject
  }
}
