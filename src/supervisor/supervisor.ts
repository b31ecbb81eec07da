/**
 * Keeps the workers of one server running: starts them, replaces the one that dies, renews them one by one, ends them.
 * It serves no request and opens no store. What it decides, adapters/processes does.
 */

import { openPlace, type Place } from './place.ts'
import { createRolling } from './rolling.ts'
import { createStaff, type Needs } from './staff.ts'

export { ORDER_WITHIN_SECONDS, type Order } from './orders.ts'
export type { Ending, StartWorker, Worker } from './staff.ts'

/** Of a server that could not start for no reason that its first worker could say. */
const FAILED = 1

export interface Supervisor {
  /** The exit code of the server, when its last worker has ended. */
  ended: Promise<number>
  /** Renews every worker, one by one: see rolling.ts. */
  roll(): void
  /** Lets what is in flight end; asked for again, ends it at once. */
  stop(): void
  counts(): { running: number; restarts: number }
}

/** The first worker goes ahead: what hinders it would hinder all, and is said once. */
export function supervise(needs: Needs, { workers }: { workers: number }): Supervisor {
  const { log } = needs
  const staff = createStaff(needs)
  const places: Place[] = []
  const ended = Promise.withResolvers<number>()
  const rolling = createRolling(needs, staff, places)

  async function start(): Promise<void> {
    const first = staff.launch(1)
    const isReady = await staff.becomesReady(first, { bounded: false })
    // Who was told to stop may end as it likes.
    if (!isReady && !staff.isStopping()) {
      const { code, signal } = await first.ended
      // It has said why itself, unless somebody else ended it.
      if (signal !== null)
        log.fatal({ worker: 1, pid: first.pid, signal }, 'the first worker was ended while it started')
      return ended.resolve(code || FAILED)
    }
    for (let number = 1; number <= workers && !staff.isStopping(); number++) {
      const place = openPlace(needs, staff, number)
      places.push(place)
      place.occupy(number === 1 ? first : staff.launch(number))
    }
    rolling.begin()
  }

  async function stopAll(): Promise<void> {
    const wereKilled = await staff.stop()
    ended.resolve(wereKilled ? FAILED : 0)
  }

  void start()
  return {
    ended: ended.promise,
    roll: () => rolling.want(),
    stop() {
      if (staff.isStopping()) return staff.killAll()
      log.info('stopping')
      for (const place of places) place.close()
      void stopAll()
    },
    counts: () => ({
      running: places.filter((place) => place.isOccupied()).length,
      restarts: places.reduce((sum, place) => sum + place.restarts(), 0),
    }),
  }
}
