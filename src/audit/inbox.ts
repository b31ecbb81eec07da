/** What comes in for the log becomes entries of the buffer, together with what only the trail itself can tell. */
import type { Clock } from '../campus.ts'
import type { AuditEvent } from './audit.ts'
import type { Buffer, Entry } from './buffer.ts'
import { cleanEvent } from './clean-event.ts'
import { createRepeats } from './repeats.ts'

export interface Inbox {
  /** False where there is no room. */
  takeRecord(event: AuditEvent, caller: NonNullable<Entry['caller']>): boolean
  /** What finds no room is counted. For `kind` see `AuditTrail.note`. */
  takeNote(event: AuditEvent, kind?: string): void
  /** Repeats whose minute is over, and notes that were dropped. */
  tell(): void
  /** On the way out: all repeats. No timer is left. */
  tellAll(): void
}

interface Parts {
  buffer: Buffer
  clock: Clock
  /** Repeats were told because their minute was over, and for no other reason. */
  onTold(): void
}

export function createInbox({ buffer, clock, onTold }: Parts): Inbox {
  const repeats = createRepeats()
  let telling: NodeJS.Timeout | null = null

  function entryOf(event: AuditEvent, caller: Entry['caller']): Entry {
    return { event: cleanEvent(event), at: clock(), caller }
  }

  function add(event: AuditEvent): void {
    if (!buffer.offer(entryOf(event, null))) buffer.countDropped(1)
  }

  function tell(): void {
    for (const event of repeats.due(clock())) add(event)
    const rows = buffer.dropped()
    const event: AuditEvent = { event: 'audit.dropped', result: 'error', details: { rows } }
    if (rows > 0 && buffer.offer(entryOf(event, null))) buffer.countDropped(-rows)
  }

  /** A quiet night must not keep what was repeated in memory alone until something else happens. */
  function tellLater(): void {
    if (telling !== null) return
    const milliseconds = repeats.dueIn(clock())
    if (milliseconds === null) return
    telling = setTimeout(() => {
      telling = null
      tell()
      onTold()
      tellLater()
    }, milliseconds).unref()
  }

  return {
    tell,
    tellAll() {
      if (telling !== null) clearTimeout(telling)
      for (const event of repeats.rest()) add(event)
    },
    takeRecord(event, caller) {
      tell()
      return buffer.offer(entryOf(event, caller))
    },
    takeNote(event, kind) {
      tell()
      const row = kind === undefined ? event : repeats.take(event, kind, clock())
      if (row !== null) add(row)
      tellLater()
    },
  }
}
