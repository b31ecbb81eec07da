/** What is over: used up, or signed out. Whoever keeps it may try it again at any later time. */
import type { Random } from '../support/random.ts'

export interface Past {
  session: string
  cookies: ReadonlyMap<string, { value: string; path: string }>
  tokens: { access: string; refresh: string } | null
  /** Redeemed. */
  codes: readonly string[]
  /** Refresh tokens in whose place there are others. */
  rotated: readonly string[]
  /** Whether the session was signed out; else it lives, and what was used in it is over all the same. */
  ends: boolean
}

export interface Memories {
  keep(past: Past): void
  recall(): Past | null
  /** The newest first. */
  latest(most: number): readonly Past[]
}

const KEPT_MAX = 200

export function createMemories(random: Random): Memories {
  const kept: Past[] = []
  return {
    keep(past) {
      if (kept.length < KEPT_MAX) kept.push(past)
      else kept[random.between(0, KEPT_MAX - 1)] = past
    },
    latest: (most) => kept.slice(-most).toReversed(),
    recall: () => (kept.length === 0 ? null : random.pick(kept)),
  }
}
