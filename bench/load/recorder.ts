import { FaultError } from './flows.ts'

/** What one window gave. */
export interface Tally {
  done: number
  seconds: number
  /** How often each thing went wrong. */
  faults: Record<string, number>
  /** Of what went well; milliseconds. */
  p50: number
  p99: number
}

export interface Recorder {
  success(milliseconds: number): void
  failure(error: unknown): void
  failures(): number
  tally(seconds: number): Tally
}

export function newRecorder(): Recorder {
  const latencies: number[] = []
  const faults: Record<string, number> = {}
  return {
    success: (milliseconds) => void latencies.push(milliseconds),
    failure(error) {
      const what = error instanceof FaultError ? error.message : `unexpected: ${String(error)}`
      faults[what] = (faults[what] ?? 0) + 1
    },
    failures: () => Object.values(faults).reduce((sum, times) => sum + times, 0),
    tally(seconds) {
      latencies.sort((one, other) => one - other)
      const at = (share: number) => latencies[Math.max(0, Math.ceil(share * latencies.length) - 1)] ?? Number.NaN
      return { done: latencies.length, seconds, faults, p50: at(0.5), p99: at(0.99) }
    },
  }
}
