/** Whether this process should be sent requests, and how its stores are. */
import type { Clock } from '../campus.ts'

/** `leaving`: this process goes, and others of the same server are ready in its place. */
export type ReadinessState = 'starting' | 'ready' | 'leaving' | 'stopping'
export type StoreState = 'up' | 'down'

export interface Readiness {
  state(): ReadinessState
  becomeReady(): void
  beginLeaving(): void
  beginStopping(): void
  /** Asks each store at most once a second, and waits a second at most. */
  stores(): Promise<Record<string, StoreState>>
}

/** A ping for each store; one that rejects is down. */
export type StorePings = Readonly<Record<string, () => Promise<void>>>

const ANSWER_WITHIN_MILLISECONDS = 1_000
const ASK_AGAIN_AFTER_MILLISECONDS = 1_000

export function createReadiness({ pings, clock }: { pings: StorePings; clock: Clock }): Readiness {
  let state: ReadinessState = 'starting'
  let asked: { at: number; answer: Promise<Record<string, StoreState>> } | null = null

  async function ask(): Promise<Record<string, StoreState>> {
    const states = Object.entries(pings).map(async ([name, ping]) => [name, await stateOf(ping)] as const)
    return Object.fromEntries(await Promise.all(states))
  }

  return {
    state: () => state,
    becomeReady: () => {
      if (state === 'starting') state = 'ready'
    },
    beginLeaving: () => {
      if (state === 'ready') state = 'leaving'
    },
    beginStopping: () => {
      state = 'stopping'
    },
    stores: () => {
      const now = clock().getTime()
      if (!asked || now - asked.at >= ASK_AGAIN_AFTER_MILLISECONDS) asked = { at: now, answer: ask() }
      return asked.answer
    },
  }
}

async function stateOf(ping: () => Promise<void>): Promise<StoreState> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<StoreState>((resolve) => {
    timer = setTimeout(resolve, ANSWER_WITHIN_MILLISECONDS, 'down')
  })
  try {
    return await Promise.race([ping().then((): StoreState => 'up'), late])
  } catch {
    return 'down'
  } finally {
    clearTimeout(timer)
  }
}
