import type { ChangeStore } from '../../src/changes/changes.ts'
import type { Queryable, Statement } from './database.ts'

/** Versions are bigints: as text, both drivers agree on them, and nothing is rounded. */
const VERSIONS: Statement = { name: 'changes.versions', text: 'SELECT topic, version::text AS version FROM changes' }

export function createChangeStore(queryable: Queryable): ChangeStore {
  return {
    async versions() {
      const rows = await queryable.query<{ topic: string; version: string }>(VERSIONS)
      return new Map(rows.map(({ topic, version }) => [topic, version]))
    },
  }
}
