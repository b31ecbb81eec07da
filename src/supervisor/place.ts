import { restartDelay } from './back-off.ts'
import { watchPulse } from './pulse.ts'
import type { Ending, Needs, Staff, Worker } from './staff.ts'

/** A worker that has served for so long was well: what ends it is no part of a series of failures. */
const WELL_AFTER_SECONDS = 60

/** One of the places of the server, which is to have a worker at all times. */
export interface Place {
  readonly number: number
  /** From now on this worker has the place: when it ends by itself, another one is started. */
  occupy(worker: Worker): void
  /**
   * Starts a worker, and tells the one that is there to leave when the new one is ready. Resolves when that one is
   * gone; false where the new one did not become ready, and the old one stays.
   */
  renew(): Promise<boolean>
  /** Starts nobody any more. */
  close(): void
  isOccupied(): boolean
  restarts(): number
}

export function openPlace({ log, clock, timer, jitter }: Needs, staff: Staff, number: number): Place {
  let occupant: Worker | null = null
  let failures = 0
  let restarts = 0
  let cancelRestart = () => {}
  let stopWatching = () => {}

  function occupy(worker: Worker): void {
    cancelRestart()
    // One that was told to leave has its own bound.
    stopWatching()
    occupant = worker
    void watch(worker)
  }

  async function watch(worker: Worker): Promise<void> {
    const readyAt = (await staff.becomesReady(worker)) ? clock().getTime() : null
    if (readyAt !== null && occupant === worker && !staff.isStopping())
      stopWatching = watchPulse(worker, { log, timer })
    const ending = await worker.ended
    if (occupant !== worker) return
    stopWatching()
    occupant = null
    if (staff.isStopping()) return
    const wasWell = readyAt !== null && clock().getTime() - readyAt >= WELL_AFTER_SECONDS * 1000
    restart(worker, ending, wasWell)
  }

  function restart({ pid }: Worker, { code, signal }: Ending, wasWell: boolean): void {
    failures = wasWell ? 1 : failures + 1
    const restartInSeconds = restartDelay(failures, jitter())
    log.error({ worker: number, endedPid: pid, code, signal, failures, restartInSeconds }, 'a worker ended by itself')
    cancelRestart = timer(restartInSeconds * 1000, () => {
      restarts += 1
      occupy(staff.launch(number))
    })
  }

  async function renew(): Promise<boolean> {
    const successor = staff.launch(number)
    if (!(await staff.becomesReady(successor))) return false
    // All of them have been told to stop already.
    if (staff.isStopping()) return false
    const before = occupant
    occupy(successor)
    if (before !== null) await staff.dismiss(before)
    return true
  }

  return {
    number,
    occupy,
    renew,
    close() {
      cancelRestart()
      stopWatching()
    },
    isOccupied: () => occupant !== null,
    restarts: () => restarts,
  }
}
