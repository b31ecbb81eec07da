import type { Leases } from '../../src/leases/leases.ts'
import type { Queryable, Statement } from './database.ts'

/** The clock is read after the row is locked: whoever waited for it must not see as standing what ended meanwhile. */
const HOLD: Statement = {
  name: 'leases.hold',
  text: `INSERT INTO leases AS standing (name, holder, expires_at)
    VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
    ON CONFLICT (name) DO UPDATE SET
      holder = excluded.holder, expires_at = clock_timestamp() + make_interval(secs => $3)
      WHERE standing.holder = excluded.holder OR standing.expires_at <= clock_timestamp()
    RETURNING name`,
}

const RELEASE: Statement = { name: 'leases.release', text: 'DELETE FROM leases WHERE name = $1 AND holder = $2' }

/** `holder` is nobody else's, and another one after a restart: what this process held before is not ours. */
export function createLeases(queryable: Queryable, { holder }: { holder: string }): Leases {
  return {
    async hold(name, seconds) {
      const held = await queryable.query(HOLD, [name, holder, seconds])
      return held.length === 1
    },
    async release(name) {
      await queryable.query(RELEASE, [name, holder])
    },
  }
}
