/** What was not delivered in time is given up, what was given up long ago is forgotten, and what stands is counted. */
import type { Logger } from 'pino'
import type { Campus } from '../campus.ts'
import { noteGivenUp } from './attempt.ts'
import { GIVEN_UP_KEPT_DAYS } from './horizon.ts'

const EVERY_MILLISECONDS = 15_000
const COUNTS_HOLD_MILLISECONDS = 60_000
const ROWS_MAX = 1_000
const DAY_MILLISECONDS = 86_400_000

type Needs = Pick<Campus, 'logoutDeliveries' | 'clock' | 'audit' | 'metrics'> & { log: Pick<Logger, 'warn'> }

/** To be called at every turn; most of them are too early. */
export function createTidying(needs: Needs): () => Promise<void> {
  const { logoutDeliveries, clock, metrics } = needs
  let tidiedAt = Number.NEGATIVE_INFINITY
  let counts = { waiting: 0, givenUp: 0 }

  metrics.gauge('campus_logout_deliveries', () => {
    // Whoever does not lead any more knows nothing of it.
    if (clock().getTime() - tidiedAt > COUNTS_HOLD_MILLISECONDS) return []
    return [
      { labels: { state: 'waiting' }, value: counts.waiting },
      { labels: { state: 'given_up' }, value: counts.givenUp },
    ]
  })

  return async () => {
    const now = clock()
    if (now.getTime() - tidiedAt < EVERY_MILLISECONDS) return
    const overdue = await logoutDeliveries.giveUpOverdue(now, ROWS_MAX)
    for (const { clientId, count } of overdue) noteGivenUp(needs, { client: clientId, count })
    await logoutDeliveries.forget(new Date(now.getTime() - GIVEN_UP_KEPT_DAYS * DAY_MILLISECONDS), ROWS_MAX)
    counts = await logoutDeliveries.counts()
    tidiedAt = now.getTime()
  }
}
