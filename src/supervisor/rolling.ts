import type { Place } from './place.ts'
import type { Needs, Staff } from './staff.ts'

export interface Rolling {
  /** Renews every worker, one by one. Asked for again in the meantime, it begins once more when it is done. */
  want(): void
  /** From now on, and also for whoever asked before. */
  begin(): void
}

export function createRolling({ log }: Pick<Needs, 'log'>, staff: Staff, places: readonly Place[]): Rolling {
  let isBusy = true
  let isWanted = false

  async function rollWhileWanted(): Promise<void> {
    isBusy = true
    while (isWanted && !staff.isStopping()) {
      isWanted = false
      await rollAll()
    }
    isBusy = false
  }

  async function rollAll(): Promise<void> {
    log.info({ workers: places.length }, 'renewing the workers one by one')
    for (const place of places) {
      const isRenewed = await place.renew()
      if (staff.isStopping()) return
      if (!isRenewed) {
        log.error({ worker: place.number }, 'a new worker did not become ready: the others stay as they are')
        return
      }
    }
    log.info({ workers: places.length }, 'all workers are renewed')
  }

  return {
    want() {
      isWanted = true
      if (!isBusy) void rollWhileWanted()
    },
    begin: () => void rollWhileWanted(),
  }
}
