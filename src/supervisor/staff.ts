import type { Logger } from 'pino'
import type { Clock, Timer } from '../campus.ts'
import { ORDER_WITHIN_SECONDS, type Order } from './orders.ts'

/** Of every worker but the first one, which may have hours of migrations to do. */
const READY_WITHIN_SECONDS = 120
/** Beyond what a worker takes at most: for closing its stores. */
const GRACE_SECONDS = 5

/** How a process ended: one of the two is null. */
export interface Ending {
  code: number | null
  signal: string | null
}

/** A process that serves. */
export interface Worker {
  readonly pid: number
  /** Resolves when it takes requests; where it ends before that, never. */
  readonly ready: Promise<void>
  readonly ended: Promise<Ending>
  tell(order: Order): void
  /** Whether it answers at all, within a second: one that hangs does not. */
  answers(): Promise<boolean>
  kill(): void
}

/** `number` is its place, from 1. Never throws: a process that cannot be made has ended. */
export type StartWorker = (number: number) => Worker

export interface Needs {
  startWorker: StartWorker
  log: Pick<Logger, 'info' | 'warn' | 'error' | 'fatal'>
  clock: Clock
  timer: Timer
  /** From 0 to 1. */
  jitter(): number
}

/** All workers that live, in whatever place or on their way out of one. */
export interface Staff {
  launch(number: number): Worker
  /** False where it ended before, or was too slow and is killed. */
  becomesReady(worker: Worker, options?: { bounded: boolean }): Promise<boolean>
  /** Resolves when it is gone. */
  dismiss(worker: Worker): Promise<void>
  isStopping(): boolean
  /** Resolves when nobody lives any more. Answers whether somebody had to be killed. */
  stop(): Promise<boolean>
  killAll(): void
}

export function createStaff({ startWorker, log, timer }: Needs): Staff {
  const living = new Set<Worker>()
  let isStopping = false
  let wereKilled = false

  async function gone(worker: Worker, order: Order): Promise<void> {
    const cancel = timer((ORDER_WITHIN_SECONDS[order] + GRACE_SECONDS) * 1000, () => {
      log.warn({ pid: worker.pid, order }, 'a worker did not end in time: it is killed')
      wereKilled = true
      worker.kill()
    })
    worker.tell(order)
    await worker.ended
    cancel()
  }

  return {
    launch(number) {
      const worker = startWorker(number)
      living.add(worker)
      void worker.ended.then(() => living.delete(worker))
      return worker
    },
    async becomesReady(worker, { bounded } = { bounded: true }) {
      const cancel = timer(READY_WITHIN_SECONDS * 1000, () => {
        if (!bounded) return
        log.error({ pid: worker.pid, seconds: READY_WITHIN_SECONDS }, 'a worker did not become ready: it is killed')
        worker.kill()
      })
      const isReady = await Promise.race([worker.ready.then(() => true), worker.ended.then(() => false)])
      cancel()
      return isReady
    },
    dismiss: (worker) => gone(worker, 'leave'),
    isStopping: () => isStopping,
    async stop() {
      isStopping = true
      await Promise.all([...living].map((worker) => gone(worker, 'stop')))
      return wereKilled
    },
    killAll() {
      wereKilled = true
      for (const worker of living) worker.kill()
    },
  }
}
