/** Rows on their way to the log: bounded, and honest about what did not fit. */
import type { Campus } from '../campus.ts'
import { isUnavailable } from '../errors.ts'
import type { Draft } from './chain.ts'

const BATCH_ROWS_MAX = 500
const BUFFER_ROWS_MAX = 10_000
/** The rest is for those whose callers wait: however much is noted, nobody is kept from signing in by it. */
const NOTES_MAX = 8_000
/** A note that an answering log refuses this often has something wrong with it. */
const REFUSALS_MAX = 10

export interface Entry extends Draft {
  /** Null for a note: nobody waits for it, and it is tried again. */
  caller: { resolve(): void; reject(error: unknown): void } | null
}

export interface Buffer {
  /** False when it is full; for notes that is sooner. */
  offer(entry: Entry): boolean
  /** The next batch to write; empty when nothing waits. It takes its room until `written` or `giveBack`. */
  takeWaiting(): Entry[]
  /** A batch of notes whose batch failed. They are apart, so that a bad one among them harms nobody. */
  takeReturned(): Entry[]
  written(batch: readonly Entry[]): void
  giveBack(batch: readonly Entry[], error: unknown): void
  /** These were written after all. */
  forget(entries: readonly Entry[]): void
  /** Notes that are lost and that no row tells of yet. */
  dropped(): number
  countDropped(rows: number): void
  waiting(): number
  /** Waiting for more would gain nothing. */
  hasFullBatch(): boolean
  returned(): number
  /** All that is not in the log yet, what is being written included. */
  size(): number
  oldest(): Entry | null
}

export function createBuffer({ metrics }: Pick<Campus, 'metrics'>): Buffer {
  const waiting: Entry[] = []
  let returned: Entry[] = []
  const underway = new Set<Entry>()
  let dropped = 0
  const refusals = new WeakMap<Entry, number>()
  const forgotten = new WeakSet<Entry>()

  function take(from: Entry[]): Entry[] {
    const batch = from.splice(0, BATCH_ROWS_MAX)
    for (const entry of batch) underway.add(entry)
    return batch
  }

  function isHopeless(entry: Entry, error: unknown): boolean {
    if (isUnavailable(error)) return false
    const count = (refusals.get(entry) ?? 0) + 1
    refusals.set(entry, count)
    return count >= REFUSALS_MAX
  }

  /** Fewer, where a row tells of them. */
  function drop(rows: number): void {
    dropped += rows
    if (rows > 0) metrics.count('campus_audit_rows_dropped_total', {}, rows)
  }

  const size = () => waiting.length + returned.length + underway.size

  /** Each of the three is in the order of asking. */
  function oldest(): Entry | null {
    const [first] = underway
    const firsts = [waiting[0], returned[0], first].filter((entry) => entry !== undefined)
    return firsts.toSorted((one, other) => one.at.getTime() - other.at.getTime())[0] ?? null
  }

  return {
    size,
    oldest,
    offer(entry) {
      const most = entry.caller === null ? NOTES_MAX : BUFFER_ROWS_MAX
      if (size() >= most) return false
      waiting.push(entry)
      return true
    },
    takeWaiting: () => take(waiting),
    takeReturned: () => take(returned),
    written(batch) {
      for (const entry of batch) underway.delete(entry)
      metrics.count('campus_audit_rows_written_total', {}, batch.length)
    },
    giveBack(batch, error) {
      for (const entry of batch) {
        underway.delete(entry)
        if (entry.caller !== null || forgotten.has(entry)) continue
        if (isHopeless(entry, error)) drop(1)
        else returned.push(entry)
      }
    },
    forget(entries) {
      for (const entry of entries) forgotten.add(entry)
      returned = returned.filter((entry) => !forgotten.has(entry))
    },
    dropped: () => dropped,
    countDropped: drop,
    waiting: () => waiting.length,
    hasFullBatch: () => waiting.length >= BATCH_ROWS_MAX,
    returned: () => returned.length,
  }
}
