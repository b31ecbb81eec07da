/** The `sub` by which a sector (a host, or `public`) knows a person: opaque, stable, never anybody else's. */
import type { PersonId } from '../people/people.ts'

export interface SubjectStore {
  /** The current subject of this person in this sector; made from `fresh` at the first call. One winner under a race. */
  findOrCreate(personId: PersonId, sector: string, fresh: string): Promise<string>
}
