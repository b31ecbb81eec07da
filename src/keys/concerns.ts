import type { Config } from '../config.ts'
import type { StoredKey } from './keys.ts'
import { isSuccessorDue, later } from './life-cycle.ts'
import type { RotatedPurpose } from './purposes.ts'

/** What an operator should know of the keys, and do something about. */
export type KeyConcern =
  /** The next one should have been announced before that moment. */
  | { kind: 'overdue'; purpose: RotatedPurpose; since: Date }
  /** Sealed by a secret that is no longer the first one. */
  | { kind: 'sealed_before'; sealedBy: string; count: number }
  /** Sealed by a secret that is gone: no server can start. */
  | { kind: 'not_opened'; sealedBy: string; count: number }

type Needs = Pick<Config, 'keyEncryptionKeys' | 'keyRotationDays' | 'cookieKeyRotationDays'>

/** A leader that was elected anew, or a database that was away, may take its time. */
const GRACE_SECONDS = 24 * 60 * 60

export function keyConcerns(keys: readonly StoredKey[], config: Needs, now: Date): KeyConcern[] {
  const [present, ...others] = config.keyEncryptionKeys
  const sealers = [...new Set(keys.map(({ sealedBy }) => sealedBy))].filter((sealer) => sealer !== present.id)
  return [
    ...keys.flatMap((key) => overdue(key, config, now) ?? []),
    ...sealers.map((sealedBy): KeyConcern => {
      const count = keys.filter((key) => key.sealedBy === sealedBy).length
      const kind = others.some(({ id }) => id === sealedBy) ? 'sealed_before' : 'not_opened'
      return { kind, sealedBy, count }
    }),
  ]
}

function overdue(key: StoredKey, { keyRotationDays, cookieKeyRotationDays }: Needs, now: Date): KeyConcern | null {
  const { purpose } = key
  if (purpose === 'fingerprints') return null
  const days = purpose === 'cookies' ? cookieKeyRotationDays : keyRotationDays
  const isOverdue = isSuccessorDue(key, later(now, -GRACE_SECONDS), days)
  return isOverdue ? { kind: 'overdue', purpose, since: later(key.activeFrom, days * 24 * 60 * 60) } : null
}
