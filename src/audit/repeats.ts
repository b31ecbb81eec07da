/**
 * What a stranger can make happen without end costs a row at once and then one a minute, with a count. Rows are kept
 * for ever, so the size of the log must not be for strangers to choose.
 */
import type { AuditEvent } from './audit.ts'

const WINDOW_MILLISECONDS = 60_000

/** Told apart at a time. A flood that keeps all of them busy is 360,000 rows a day, about 0.2 GB. */
export const KINDS_MAX = 250

export interface Repeats {
  /** The row that this event is now: itself where it is the first of its kind in a while, otherwise null. */
  take(event: AuditEvent, kind: string, now: Date): AuditEvent | null
  /** A row for each kind that was repeated during a minute that is over. */
  due(now: Date): AuditEvent[]
  /**
   * In how many milliseconds to ask for what is due, at the latest; null while nothing is repeated. Never later than
   * the end of any minute, so what is repeated meanwhile need not be told sooner.
   */
  dueIn(now: Date): number | null
  /** On the way out: what was repeated so far. Nothing is left. */
  rest(): AuditEvent[]
}

interface Window {
  latest: AuditEvent
  /** Beyond those that have a row. */
  repeats: number
  endsAt: number
}

export function createRepeats(): Repeats {
  /** In the order in which their windows end: a window that is renewed goes to the back. */
  const windows = new Map<string, Window>()

  /** So many kinds at once are an attack from many networks: from here on only what happened is told apart. */
  function withinBounds(event: AuditEvent, kind: string): { event: AuditEvent; kind: string } {
    if (windows.has(`kind ${kind}`) || windows.size < KINDS_MAX) return { event, kind: `kind ${kind}` }
    const { event: name, result } = event
    return { event: { event: name, result }, kind: `any ${name} ${result}` }
  }

  return {
    take(given, givenKind, now) {
      const { event, kind } = withinBounds(given, givenKind)
      const window = windows.get(kind)
      if (window === undefined) {
        windows.set(kind, { latest: event, repeats: 0, endsAt: now.getTime() + WINDOW_MILLISECONDS })
        return event
      }
      window.latest = event
      window.repeats += 1
      return null
    },

    due(now) {
      const rows: AuditEvent[] = []
      for (const [kind, window] of windows) {
        if (window.endsAt > now.getTime()) break
        windows.delete(kind)
        if (window.repeats === 0) continue
        rows.push(counted(window))
        windows.set(kind, { ...window, repeats: 0, endsAt: now.getTime() + WINDOW_MILLISECONDS })
      }
      return rows
    },

    dueIn(now) {
      const [first] = windows.values()
      if (first === undefined || ![...windows.values()].some(({ repeats }) => repeats > 0)) return null
      // A clock that was put back must not make it longer than a minute.
      return Math.max(0, Math.min(first.endsAt - now.getTime(), WINDOW_MILLISECONDS))
    },

    rest() {
      const rows = [...windows.values()].filter(({ repeats }) => repeats > 0).map(counted)
      windows.clear()
      return rows
    },
  }
}

/** The latest stands for all of them: its request is the one that is easiest to find in the request log. */
function counted({ latest, repeats }: Window): AuditEvent {
  return { ...latest, details: { repeats, ...latest.details } }
}
