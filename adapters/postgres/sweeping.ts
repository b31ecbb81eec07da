import type { Logger } from 'pino'
import type { SweptExpiringStore } from './expiring.ts'

const EVERY_SECONDS = 30
const ROWS_MAX = 1_000

export interface Sweeping {
  /** Resolves when a sweep that is under way has ended. */
  stop(): Promise<void>
}

/**
 * Removes expired rows in the background, so that no request pays for it. Each server sweeps: they pass over the rows
 * that another one is removing. A sweep that fails is tried again at its next turn.
 */
export function startSweeping(
  store: Pick<SweptExpiringStore, 'sweep'>,
  { log, everySeconds = EVERY_SECONDS }: { log: Pick<Logger, 'warn'>; everySeconds?: number },
): Sweeping {
  let stopped = false
  let current: Promise<void> = Promise.resolve()

  async function sweepAll() {
    try {
      let removed = ROWS_MAX
      while (!stopped && removed >= ROWS_MAX) removed = await store.sweep(ROWS_MAX)
    } catch (error) {
      log.warn({ err: error }, 'could not remove what has expired')
    }
  }

  const timer = setInterval(() => {
    current = current.then(sweepAll)
  }, everySeconds * 1000)
  timer.unref()
  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      await current
    },
  }
}
