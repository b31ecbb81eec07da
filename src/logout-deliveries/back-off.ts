import type { Randomness } from '../campus.ts'

/** Who does not answer is tried again: soon at first, later once an hour. */
export const TRIES_SECONDS = { first: 5, most: 3_600 }

/** Meanwhile nothing else is sent there either: it would only keep others waiting. */
export const REST_SECONDS = { first: 1, most: 300 }

/**
 * Seconds until the next try, twice as long after each failure. `chance` lies in [0, 1): it takes away up to half, so
 * that those who failed together do not come back together.
 */
export function backOffSeconds(failures: number, { first, most }: typeof TRIES_SECONDS, chance: number): number {
  const whole = Math.min(first * 2 ** Math.max(failures - 1, 0), most)
  return whole * (1 - chance / 2)
}

/** In [0, 1), from 24 random bits. */
export function chanceFrom({ token }: Pick<Randomness, 'token'>): number {
  return Buffer.from(token(3), 'base64url').readUIntBE(0, 3) / 2 ** 24
}
