/** Rows on their way to the log: bounded, and honest about what did not fit. */
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
}

export function createBuffer(): Buffer {
  const waiting: Entry[] = []
  let returned: Entry[] = []
  let underway = 0
  let dropped = 0
  const refusals = new WeakMap<Entry, number>()
  const forgotten = new WeakSet<Entry>()

  function take(from: Entry[]): Entry[] {
    const batch = from.splice(0, BATCH_ROWS_MAX)
    underway += batch.length
    return batch
  }

  function isHopeless(entry: Entry, error: unknown): boolean {
    if (isUnavailable(error)) return false
    const count = (refusals.get(entry) ?? 0) + 1
    refusals.set(entry, count)
    return count >= REFUSALS_MAX
  }

  return {
    offer(entry) {
      const most = entry.caller === null ? NOTES_MAX : BUFFER_ROWS_MAX
      if (waiting.length + returned.length + underway >= most) return false
      waiting.push(entry)
      return true
    },
    takeWaiting: () => take(waiting),
    takeReturned: () => take(returned),
    written(batch) {
      underway -= batch.length
    },
    giveBack(batch, error) {
      underway -= batch.length
      for (const entry of batch) {
        if (entry.caller !== null || forgotten.has(entry)) continue
        if (isHopeless(entry, error)) dropped += 1
        else returned.push(entry)
      }
    },
    forget(entries) {
      for (const entry of entries) forgotten.add(entry)
      returned = returned.filter((entry) => !forgotten.has(entry))
    },
    dropped: () => dropped,
    countDropped(rows) {
      dropped += rows
    },
    waiting: () => waiting.length,
    hasFullBatch: () => waiting.length >= BATCH_ROWS_MAX,
    returned: () => returned.length,
  }
}
