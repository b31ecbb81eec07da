import type { LeaderWork } from '../../src/leases/leases.ts'

const EVERY_SECONDS = 30
const ROWS_MAX = 1_000

/** Removes at most `limit` rows and answers how many it removed. */
export type Sweep = (limit: number) => Promise<number>

/** Removes rows that say nothing any more, a bounded number at a time, so that no request pays for it. */
export function sweeping(name: string, sweep: Sweep): LeaderWork {
  return {
    name: `sweeping ${name}`,
    everySeconds: EVERY_SECONDS,
    async run({ mayGoOn }) {
      let removed = await sweep(ROWS_MAX)
      while (removed >= ROWS_MAX && (await mayGoOn())) removed = await sweep(ROWS_MAX)
    },
  }
}
