import type { Campus } from '../campus.ts'
import type { StoredKey } from './keys.ts'
import { stateAt } from './life-cycle.ts'
import { ROTATED_PURPOSES } from './purposes.ts'

const STATES = ['announced', 'active', 'retiring'] as const

/** The keys as this process knows them: one that has learned of no change shows it. */
export function showKeys(
  { metrics, clock }: Pick<Campus, 'metrics' | 'clock'>,
  known: () => readonly StoredKey[],
): void {
  metrics.gauge('campus_keys', () => {
    const now = clock()
    return ROTATED_PURPOSES.flatMap((purpose) =>
      STATES.map((state) => {
        const value = known().filter((key) => key.purpose === purpose && stateAt(key, now) === state).length
        return { labels: { purpose, state }, value }
      }),
    )
  })
  metrics.gauge('campus_key_age_seconds', () => {
    const now = clock()
    return known().flatMap(({ purpose, activeFrom, ...key }) =>
      purpose !== 'fingerprints' && stateAt({ activeFrom, ...key }, now) === 'active'
        ? [{ labels: { purpose }, value: (now.getTime() - activeFrom.getTime()) / 1_000 }]
        : [],
    )
  })
}
