import type { Logger } from 'pino'
import type { Timer } from '../campus.ts'
import type { Leases } from './leases.ts'

const LEASE_SECONDS_MIN = 10
/** A leader may miss a turn or two without losing its lease. */
const TURNS_OF_A_LEASE = 3

export interface LeaderWork {
  /** Of the lease, and in the log. */
  name: string
  /** From the end of one turn to the next; the first comes as long after the start. */
  everySeconds: number
  /**
   * Longer than any step of the work takes. A leader that dies is followed after at most this and the time after which
   * the others ask.
   * Three turns, and ten seconds at least, where it is not said.
   */
  leaseSeconds?: number
  /** How often a process that does not lead asks whether it may; `everySeconds` where it is not said. */
  followersAskEverySeconds?: number
  run(turn: Turn): Promise<void>
}

export interface Turn {
  /**
   * To be asked before each step: extends the lease. False where it is lost, PostgreSQL does not answer or the process
   * stops: then return. Between the answer and the step the lease may still be lost, to a process that was paused for
   * longer than it lasts: a step that two must not do holds the lease in its own transaction.
   */
  mayGoOn(): Promise<boolean>
}

export interface RunningWork {
  /** Lets the step that is under way end, and gives the lease back. */
  stop(): Promise<void>
}

interface Needs {
  leases: Leases
  log: Pick<Logger, 'info' | 'warn' | 'error'>
  timer: Timer
}

/**
 * Every so often, in whichever process holds the lease. A turn that fails is logged and tried again at the next one, by
 * another process if that is there first: what hinders this one may not hinder all.
 */
export function startLeaderWork({ leases, log, timer }: Needs, work: LeaderWork): RunningWork {
  const { name, everySeconds, followersAskEverySeconds = everySeconds, run } = work
  const leaseSeconds = work.leaseSeconds ?? Math.max(LEASE_SECONDS_MIN, TURNS_OF_A_LEASE * everySeconds)
  let isStopping = false
  let isLeader = false
  let hasAskedInVain = false
  let current = Promise.resolve()
  let cancel = timer(everySeconds * 1000, begin)

  function begin(): void {
    current = takeTurn().then(() => {
      const seconds = isLeader ? everySeconds : followersAskEverySeconds
      if (!isStopping) cancel = timer(seconds * 1000, begin)
    })
  }

  async function takeTurn(): Promise<void> {
    if (!(await mayGoOn())) return
    try {
      await run({ mayGoOn })
    } catch (error) {
      log.error({ err: error, work: name }, 'work of the leader failed: it is tried again')
      await giveBack()
    }
  }

  async function mayGoOn(): Promise<boolean> {
    if (isStopping) return false
    const wasLeader = isLeader
    try {
      isLeader = await leases.hold(name, leaseSeconds)
      hasAskedInVain = false
    } catch (error) {
      isLeader = false
      // Every process asks at every turn: one line says it.
      if (!hasAskedInVain) log.warn({ err: error, work: name }, 'cannot learn who leads: nobody works until then')
      hasAskedInVain = true
    }
    if (isLeader !== wasLeader) log.info({ work: name }, isLeader ? 'leads this work' : 'leads this work no more')
    return isLeader
  }

  async function giveBack(): Promise<void> {
    isLeader = false
    // Where it cannot be given back it ends by itself.
    await leases.release(name).catch(() => undefined)
  }

  return {
    async stop() {
      isStopping = true
      cancel()
      await current
      await giveBack()
    },
  }
}
