/** ES256 signs where nothing else is asked for; RS256 is there for clients that know nothing newer. */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256'] as const

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

export const ROTATED_PURPOSES = [...SIGNING_ALGORITHMS, 'cookies'] as const

export type RotatedPurpose = (typeof ROTATED_PURPOSES)[number]

/**
 * Of each purpose one key is in use at a time. `fingerprints` stand for what must not be written itself (counters, the
 * audit): a new key would forget what was counted, so this one is never rotated.
 */
export const KEY_PURPOSES = [...ROTATED_PURPOSES, 'fingerprints'] as const

export type KeyPurpose = (typeof KEY_PURPOSES)[number]

export function isSigning(purpose: KeyPurpose): purpose is SigningAlgorithm {
  return SIGNING_ALGORITHMS.some((algorithm) => algorithm === purpose)
}
