import type { Logger } from 'pino'
import type { Campus, Timer } from '../campus.ts'
import { isUnavailable } from '../errors.ts'
import { type RunningWork, startLeaderWork, type Turn } from '../leases/leases.ts'
import { announceEnds } from './announce.ts'
import { createAttempt } from './attempt.ts'
import { createLanes } from './lanes.ts'
import type { LogoutDesk } from './logout-deliveries.ts'
import { createTidying } from './tidying.ts'

/** Whoever leads looks so often: within a second after somebody has signed out, the first relying party is told. */
const EVERY_SECONDS = 0.5
const FOLLOWERS_ASK_EVERY_SECONDS = 5

type Needs = Pick<Campus, 'logoutDeliveries' | 'notBefore' | 'leases' | 'clock' | 'random' | 'audit' | 'metrics'> & {
  log: Pick<Logger, 'info' | 'warn' | 'error'>
  timer: Timer
}

/** Tells relying parties, in one process of all, until it is stopped. */
export function startLogoutDeliveries(needs: Needs, desk: LogoutDesk): RunningWork {
  const { log } = needs
  const lanes = createLanes(needs, createAttempt(needs, desk), fillAgain)
  const tidy = createTidying(needs)
  let turns: Promise<void> = Promise.resolve()
  let mayGoOn: Turn['mayGoOn'] = async () => false
  let announcesInVain = false

  /** One after the other: two that take at once would each fill the same room. */
  function fillInTurn(): Promise<void> {
    const mine = turns.then(async () => {
      if (await mayGoOn()) await lanes.fill()
    })
    turns = mine.catch(() => undefined)
    return mine
  }

  function fillAgain(): void {
    // The next turn comes in any case.
    fillInTurn().catch(() => undefined)
  }

  async function announce(): Promise<boolean> {
    try {
      const isMore = await announceEnds(needs, desk)
      announcesInVain = false
      return isMore && (await mayGoOn())
    } catch (error) {
      if (!isUnavailable(error)) throw error
      // What waits already is delivered meanwhile, and this is tried at every turn: once is enough for the log.
      if (!announcesInVain) log.warn({ err: error }, 'cannot learn which relying parties are to be told')
      announcesInVain = true
      return false
    }
  }

  const working = startLeaderWork(needs, {
    name: 'logout deliveries',
    everySeconds: EVERY_SECONDS,
    followersAskEverySeconds: FOLLOWERS_ASK_EVERY_SECONDS,
    async run(turn) {
      mayGoOn = turn.mayGoOn
      for (let isMore = true; isMore; ) {
        isMore = await announce()
        await fillInTurn()
      }
      await tidy()
    },
  })
  return {
    async stop() {
      await working.stop()
      await lanes.settled()
    },
  }
}
