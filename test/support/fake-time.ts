import type { Clock, Timer } from '../../src/campus.ts'

export interface FakeTime {
  clock: Clock
  timer: Timer
  /** Lets so many seconds pass: what is due is done in order, and what comes of it before the next. */
  pass(seconds: number): Promise<void>
  /** As for a machine that slept: what was due meanwhile is done once, when time passes again. */
  leap(seconds: number): void
  /** Until what waits for promises alone has been done. */
  settle(): Promise<void>
  /** Seconds until each of those who wait is called, soonest first. */
  waiting(): number[]
}

export function fakeTime(start = new Date('2026-09-01T00:00:00Z')): FakeTime {
  let now = start.getTime()
  const calls = new Set<{ at: number; act: () => void }>()
  const soonest = () => [...calls].toSorted((one, other) => one.at - other.at)
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    clock: () => new Date(now),
    timer(milliseconds, act) {
      const call = { at: now + milliseconds, act }
      calls.add(call)
      return () => void calls.delete(call)
    },
    settle,
    async pass(seconds) {
      const end = now + seconds * 1000
      await settle()
      for (let [next] = soonest(); next !== undefined && next.at <= end; [next] = soonest()) {
        now = Math.max(now, next.at)
        calls.delete(next)
        next.act()
        await settle()
      }
      now = end
    },
    leap(seconds) {
      now += seconds * 1000
    },
    waiting: () => soonest().map(({ at }) => (at - now) / 1000),
  }
}
