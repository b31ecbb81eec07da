/** The audit's table in memory, with its primary key, and with everything that a network can do to an append. */
import type { AuditLog, AuditRow } from '../../src/audit/audit.ts'

/**
 * `refused`: not written, and said so. `lost-reply`: written, and not said. `late`: neither now, but written at
 * `deliver`. `cut-off`: like `late`, and the log cannot be asked for a while.
 */
export type Fault = 'none' | 'refused' | 'lost-reply' | 'late' | 'cut-off'

export interface MemoryAuditLog extends AuditLog {
  rows: AuditRow[]
  /** How many rows each append held. */
  appends: number[]
  /** What happens to the next appends, in order; without one, nothing. */
  faults: Fault[]
  /** Until this is false again, every call fails. */
  isDown: boolean
  /** What is still on its way arrives now; the primary key decides. */
  deliver(): void
}

export function memoryAuditLog(): MemoryAuditLog {
  let onTheWay: (readonly AuditRow[])[] = []

  function insert(rows: readonly AuditRow[]): void {
    const places = new Set(log.rows.map(placeOf))
    const isTaken = rows.some((row) => places.has(placeOf(row)))
    if (isTaken) throw Object.assign(new Error('duplicate key'), { code: '23505' })
    log.rows.push(...rows)
  }

  const log: MemoryAuditLog = {
    rows: [],
    appends: [],
    faults: [],
    isDown: false,
    async append(rows) {
      await Promise.resolve()
      if (log.isDown) throw unavailable()
      const fault = log.faults.shift() ?? 'none'
      log.appends.push(rows.length)
      if (fault === 'refused') throw new Error('refused')
      if (fault === 'none' || fault === 'lost-reply') insert(rows)
      else onTheWay.push(rows)
      if (fault === 'cut-off') log.isDown = true
      if (fault !== 'none') throw unavailable()
    },
    async latest({ limit }) {
      return log.rows.toReversed().slice(0, limit)
    },
    async writers() {
      return [...new Set(log.rows.map(({ writer }) => writer))]
    },
    async chain(writer, after, limit) {
      if (log.isDown) throw unavailable()
      const rows = log.rows.filter((row) => row.writer === writer && row.sequence > after)
      return rows.sort((left, right) => left.sequence - right.sequence).slice(0, limit)
    },
    deliver() {
      for (const rows of onTheWay) {
        try {
          insert(rows)
        } catch {
          // Another append has its place by now.
        }
      }
      onTheWay = []
    },
  }
  return log
}

function placeOf({ writer, sequence }: AuditRow): string {
  return `${writer} ${sequence}`
}

function unavailable(): Error {
  return Object.assign(new Error('no answer'), { unavailable: 'postgres', retryAfterSeconds: 1 })
}
