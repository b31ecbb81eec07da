import type { MarkStore } from '../../src/expiring/expiring.ts'
import type { Queryable, Statement } from './database.ts'

/** Bigints come as text: as whole numbers they are safe for longer than any installation lasts. */
const NOTED: Statement = { name: 'marks.noted', text: 'SELECT name, mark::text AS mark FROM expiring_marks' }

const NOTE: Statement = {
  name: 'marks.note',
  text: `INSERT INTO expiring_marks AS standing (name, mark) SELECT * FROM unnest($1::text[], $2::bigint[])
    ON CONFLICT (name) DO UPDATE SET mark = excluded.mark WHERE excluded.mark > standing.mark`,
}

export function createMarkStore(queryable: Queryable): MarkStore {
  return {
    async noted() {
      const rows = await queryable.query<{ name: string; mark: string }>(NOTED)
      return new Map(rows.map(({ name, mark }) => [name, Number(mark)]))
    },
    async note(marks) {
      // In one order for all: two processes that note several at once must not wait for each other in a circle.
      const names = [...marks.keys()].toSorted()
      await queryable.query(NOTE, [names, names.map((name) => String(marks.get(name)))])
    },
  }
}
