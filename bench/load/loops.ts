/** As fast as it answers (what does it bear?), and as often as people come (how long do they wait?). */
import type { Connection } from './connection.ts'
import { newRecorder, type Tally } from './recorder.ts'

/** A server that refuses everything is answered by giving up, not by asking it ten thousand times a second. */
const FAULTS_MAX = 500

/** One operation. `slot`: which of the loop's lines of work it is; each has its own session and tokens. */
export type Step = (connection: Connection, slot: number) => Promise<void>

export interface LoopTools {
  open(): Connection
  /** Milliseconds, as `performance.now`. */
  now(): number
  pause(milliseconds: number): Promise<void>
}

export interface ClosedLoop {
  /** How many are under way at any time. */
  slots: number
  seconds: number
  /** Ends earlier after so many, where there are only so many codes to redeem. */
  times?: number
}

export async function closedLoop(step: Step, { slots, seconds, times }: ClosedLoop, tools: LoopTools): Promise<Tally> {
  const recorder = newRecorder()
  const started = tools.now()
  const deadline = started + seconds * 1000
  let left = times ?? Number.POSITIVE_INFINITY

  async function work(slot: number) {
    const connection = tools.open()
    while (tools.now() < deadline && recorder.failures() < FAULTS_MAX && left-- > 0)
      await observe(recorder, () => step(connection, slot), tools)
    connection.close()
  }

  await Promise.all(Array.from({ length: slots }, (_, slot) => work(slot)))
  return recorder.tally((tools.now() - started) / 1000)
}

export interface OpenLoop {
  /** Beginnings a second. */
  rate: number
  seconds: number
  /** So many can be under way; whoever comes then waits, and that counts as waiting. */
  slots: number
}

/**
 * Each operation has a moment at which it was meant to begin, and its latency counts from there: a server that stalls
 * is charged for everybody who would have come meanwhile (no coordinated omission).
 */
export async function openLoop(step: Step, { rate, seconds, slots }: OpenLoop, tools: LoopTools): Promise<Tally> {
  const recorder = newRecorder()
  const started = tools.now()
  const total = Math.floor(rate * seconds)
  const meantAt = (index: number) => started + (index * 1000) / rate
  let next = 0

  async function work(slot: number) {
    const connection = tools.open()
    while (next < total) {
      const meant = meantAt(next++)
      const early = meant - tools.now()
      if (early > 0) await tools.pause(early)
      await observe(recorder, () => step(connection, slot), tools, meant)
    }
    connection.close()
  }

  await Promise.all(Array.from({ length: slots }, (_, slot) => work(slot)))
  return recorder.tally((tools.now() - started) / 1000)
}

async function observe(
  recorder: ReturnType<typeof newRecorder>,
  operation: () => Promise<void>,
  { now }: LoopTools,
  since = now(),
): Promise<void> {
  try {
    await operation()
    recorder.success(now() - since)
  } catch (error) {
    recorder.failure(error)
  }
}
