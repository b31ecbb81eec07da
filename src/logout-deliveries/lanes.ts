/**
 * Who is told now. Each client has a lane of its own, a few tries wide: one that does not answer keeps nobody waiting
 * but itself, and rests for longer after each failure.
 */
import type { Campus } from '../campus.ts'
import type { Attempt } from './attempt.ts'
import { backOffSeconds, chanceFrom, REST_SECONDS } from './back-off.ts'
import type { LogoutDelivery } from './logout-deliveries.ts'

const LANES_MAX = 32
const PER_CLIENT = 4

/** Longer than a try takes. Whoever dies meanwhile is followed after it. */
const HELD_SECONDS = 10

type Needs = Pick<Campus, 'logoutDeliveries' | 'clock' | 'random'>

export interface Lanes {
  /** Begins as many tries as there is room for. */
  fill(): Promise<void>
  /** Resolves when those that are under way have ended. */
  settled(): Promise<void>
}

/** `onDelivered`: there is room again, at a client that answers. */
export function createLanes(needs: Needs, attempt: Attempt, onDelivered: () => void): Lanes {
  const { logoutDeliveries, clock, random } = needs
  const busy = new Map<string, Promise<void>>()
  const resting = new Map<string, { failures: number; until: number }>()

  async function fill(): Promise<void> {
    const now = clock()
    const rest = [...resting].filter(([, { until }]) => until > now.getTime()).map(([client]) => client)
    const room = LANES_MAX - busy.size
    if (room <= 0) return
    const taken = await logoutDeliveries.take({
      now,
      heldUntil: new Date(now.getTime() + HELD_SECONDS * 1_000),
      except: [...busy.keys(), ...rest],
      perClient: PER_CLIENT,
      most: room * PER_CLIENT,
    })
    for (const [client, own] of Map.groupBy(taken, ({ clientId }) => clientId)) {
      const lane = walk(client, own).finally(() => busy.delete(client))
      busy.set(client, lane)
      void lane.then(() => {
        if (!resting.has(client)) onDelivered()
      })
    }
  }

  async function walk(client: string, own: readonly LogoutDelivery[]): Promise<void> {
    const answers = await Promise.all(own.map((delivery) => attempt(delivery)))
    if (answers.some((answered) => answered)) {
      resting.delete(client)
      return
    }
    const failures = (resting.get(client)?.failures ?? 0) + 1
    const seconds = backOffSeconds(failures, REST_SECONDS, chanceFrom(random))
    resting.set(client, { failures, until: clock().getTime() + seconds * 1_000 })
  }

  return {
    fill,
    settled: async () => void (await Promise.all(busy.values())),
  }
}
