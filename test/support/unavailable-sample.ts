import type { Unavailable } from '../../src/errors.ts'

/** What a store rejects with that does not answer. */
export function unavailableSample(unavailable: Unavailable['unavailable']): Unavailable {
  return Object.assign(new Error(`${unavailable} is not available`), { unavailable, retryAfterSeconds: 2 })
}
