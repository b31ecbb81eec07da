import type { SubjectStore } from '../../src/subjects/subjects.ts'
import type { Queryable, Statement } from './database.ts'

/** Answers nothing only to the loser of a race, whose snapshot is older than the winner's row: it asks again. */
const FIND_OR_CREATE: Statement = {
  name: 'subjects.find-or-create',
  text: `WITH found AS (
      SELECT sub FROM subjects WHERE person_id = $1 AND sector = $2 AND is_current
    ), made AS (
      INSERT INTO subjects (sub, person_id, sector) SELECT $3, $1, $2 WHERE NOT EXISTS (SELECT FROM found)
      ON CONFLICT (person_id, sector) WHERE is_current DO NOTHING
      RETURNING sub
    )
    SELECT sub FROM found UNION ALL SELECT sub FROM made`,
}

/** A second round is enough unless subjects are moved (two people are one) at that very moment. */
const ROUNDS_MAX = 5

export function createSubjectStore(queryable: Queryable): SubjectStore {
  return {
    async findOrCreate(personId, sector, fresh) {
      for (let round = 0; round < ROUNDS_MAX; round++) {
        const [row] = await queryable.query<{ sub: string }>(FIND_OR_CREATE, [personId, sector, fresh])
        if (row) return row.sub
      }
      throw new Error(`no subject after ${ROUNDS_MAX} rounds`)
    },
  }
}
