/**
 * The port of what expires: sessions, grants, codes, tokens, challenges, soft counters. It may be lost at the price of
 * a new sign-in, so nothing here is ever the only proof that something is forbidden.
 */

export { type Continuity, createContinuity, type MarkStore } from './continuity.ts'

/**
 * `room:kind:hash`, lower case words first; never a bearer value in clear. Keys that begin alike up to a slash are one
 * group (the part before it may be a key of it too): they lie on one server, however many there are.
 */
export type Key = string

export interface Expiry {
  /** From now, by the store's own clock. A positive integer. */
  seconds: number
  /** Names of lists under which the key can be found again; kept lazily, never decisive. */
  indexes?: readonly string[]
}

export type Swap =
  | { swapped: true }
  /** What stands there instead; null when nothing does (expired, taken, or never put). */
  | { swapped: false; current: string | null }

/** One key to count: see `ExpiringStore.count`. */
export interface Counter {
  key: Key
  seconds: number
  by?: number
}

/** A counter that may not count further. */
export interface Limit extends Counter {
  most: number
}

export interface Count {
  /** The count after this call. */
  count: number
  /** Until the window ends and the count starts again. */
  secondsLeft: number
}

/**
 * Every call is atomic for each of its keys and costs one round trip (on success; for `put` with indexes, and in a
 * cluster for several keys, one flight of commands). A failure to reach the store rejects with an `Unavailable`
 * (src/errors.ts); whether the effect took place is then unknown, and no implementation sends a command a second time
 * by itself.
 *
 * What decides that nobody else may (`reserve`, `swap`, `take`, `remove`) is answered when it will outlive the server
 * that answers: PostgreSQL commits first, Redis has as many replicas confirm as REDIS_WAIT_REPLICAS says. Where they do
 * not, the call rejects as above, though its effect may stand: what was used up stays so, and nothing was given for it.
 * `put` and `count` are not waited for: what is lost there costs a new sign-in, or a try more.
 */
export interface ExpiringStore {
  read(key: Key): Promise<string | null>
  /** What stands under each of these keys of one group, in their order. */
  readAll(keys: readonly [Key, ...Key[]]): Promise<(string | null)[]>
  /** Overwrites value and expiry. */
  put(key: Key, value: string, expiry: Expiry): Promise<void>
  /** Puts only where nothing stands. Answers the value that stands afterwards: the caller's own means it has won. */
  reserve(key: Key, value: string, expiry: Expiry): Promise<string>
  /** Replaces `before` by `after`, if `before` still stands. Without `expiry` the old one stays. */
  swap(key: Key, before: string, after: string, expiry?: Expiry): Promise<Swap>
  /** Reads and removes in one step: of many callers one gets the value. */
  take(key: Key): Promise<string | null>
  remove(key: Key): Promise<void>
  /**
   * Adds one (or `by`; a negative one takes back) and answers the sum. The window starts with the first count and is
   * not extended by later ones.
   */
  count(key: Key, window: { seconds: number; by?: number }): Promise<Count>
  /**
   * Counts each of several distinct keys in one round trip, and answers in their order. Each is atomic for itself:
   * where the call rejects, some may have been counted.
   */
  countAll(counters: readonly Counter[]): Promise<Count[]>
  /**
   * Counts as `countAll`, and puts the value where none of the counts is above its most: one trip, where one server has
   * all keys. The counts tell whether it was put (`isWithin`); what they are above is not taken back.
   */
  putWithin(key: Key, value: string, expiry: { seconds: number }, limits: readonly Limit[]): Promise<Count[]>
  /** Keys put under this index that have not expired, oldest expiry first. At most `limit` (1,000). */
  listed(index: string, limit?: number): Promise<Key[]>
  /** Rejects when the store cannot be reached. */
  ping(): Promise<void>
}

/** `ExpiringStore.countAll`, with each counter beside its count. */
export async function countTogether<Known extends Counter>(
  { expiring }: { expiring: Pick<ExpiringStore, 'countAll'> },
  counters: readonly Known[],
): Promise<(Known & Count)[]> {
  return besideCounts(counters, await expiring.countAll(counters))
}

export function isWithin({ count, most }: Count & Limit): boolean {
  return count <= most
}

/** Each counter with the count that an `ExpiringStore` has answered for it. */
export function besideCounts<Known extends Counter>(
  counters: readonly Known[],
  counts: readonly Count[],
): (Known & Count)[] {
  return counters.map((counter, index) => {
    const count = counts[index]
    if (!count) throw new Error('a counter was not counted')
    return { ...counter, ...count }
  })
}

/**
 * Takes back what was counted. Where its window has ended meanwhile it went with it, and nothing is taken back: below
 * nothing the next window would let more through than its most.
 */
export async function giveBack(
  needs: { expiring: Pick<ExpiringStore, 'countAll'> },
  counters: readonly Counter[],
): Promise<void> {
  const opposite = ({ key, seconds, by = 1 }: Counter) => ({ key, seconds, by: -by })
  if (counters.length === 0) return
  const counted = await countTogether(needs, counters.map(opposite))
  const below = counted.filter(({ count }) => count < 0)
  if (below.length > 0) await needs.expiring.countAll(below.map(opposite))
}
