/** What an act costs in counts that carry no noise: the same on every machine, and in every run. */
import type { RecordedMetrics } from './recorded-metrics.ts'

export interface Costs {
  /** Round trips. */
  redis: number
  /** Statements, BEGIN and COMMIT included. */
  postgres: number
  signatures: number
  hashes: number
}

/**
 * Runs `act` and answers what was counted meanwhile. Whatever else uses the same metrics then is counted too: let it
 * rest. Audit notes are written after their act; `settled` waits for them.
 */
export async function costsOf(
  { total }: RecordedMetrics,
  act: () => Promise<unknown>,
  { settled }: { settled?: () => Promise<unknown> } = {},
): Promise<Costs> {
  const now = (): Costs => ({
    redis: total('campus_store_calls_total', { store: 'redis' }),
    postgres: total('campus_store_calls_total', { store: 'postgres' }),
    signatures: total('campus_signatures_total'),
    hashes: total('campus_hashing_jobs_total', { result: 'done' }),
  })
  const before = now()
  await act()
  await settled?.()
  const after = now()
  return {
    redis: after.redis - before.redis,
    postgres: after.postgres - before.postgres,
    signatures: after.signatures - before.signatures,
    hashes: after.hashes - before.hashes,
  }
}
