/**
 * Tells a process what others have changed of the things that it keeps in memory: keys, clients. It tells that, and
 * neither what nor how; it is no message queue, and of several changes in a second it tells one.
 */
import type { Logger } from 'pino'
import type { Timer } from '../campus.ts'

/** Tables that processes keep in memory. Each has a trigger that counts (migrations/0006-changes.sql). */
export type Topic = 'keys' | 'clients' | 'resource_servers'

/** How often each topic was changed, as of one moment; one that was never changed is missing. */
export interface ChangeStore {
  versions(): Promise<ReadonlyMap<string, string>>
}

/** One that rejects is called again at the next turn. */
export type ChangeListener = () => void | Promise<void>

export interface Changes {
  /**
   * Calls the listener soon after every change, one call at a time, and once at the next turn: whatever it had read
   * before may be older than that. Answers how to end it.
   */
  subscribe(topic: Topic, listener: ChangeListener): () => void
  /**
   * Looks now, and resolves when every listener has done what there was to do: for a process that has itself changed
   * something. Rejects where the look, or a listener, fails.
   */
  refresh(): Promise<void>
  /** As of how long ago the listeners know everything; Infinity before the first look. */
  ageMilliseconds(): number
}

export interface WatchedChanges extends Changes {
  /** Resolves when a look that is under way has ended. */
  stop(): Promise<void>
}

interface Subscription {
  topic: Topic
  listener: ChangeListener
  /** Up to which version the listener has done its work; null before it did any. */
  done: string | null
}

interface Needs {
  store: ChangeStore
  log: Pick<Logger, 'warn' | 'info'>
  timer: Timer
  /** Milliseconds from any beginning, never set back. */
  now?: () => number
}

const EVERY_MILLISECONDS = 1_000
const NEVER_CHANGED = '0'

/** Asks in one query, once a second, as long as anybody has subscribed. */
export function watchChanges({ store, log, timer, now = () => performance.now() }: Needs): WatchedChanges {
  const subscriptions = new Set<Subscription>()
  let turns: Promise<void> = Promise.resolve()
  let knownAsOf = Number.NEGATIVE_INFINITY
  let isFailing = false
  let isStopped = false
  let cancel = timer(EVERY_MILLISECONDS, begin)

  function begin(): void {
    void inTurn()
      .catch((error: unknown) => {
        // What is known is kept meanwhile. Once is enough for the log: this comes again every second.
        if (!isFailing) log.warn({ err: error }, 'cannot learn what others change')
        isFailing = true
      })
      .then(() => {
        if (!isStopped) cancel = timer(EVERY_MILLISECONDS, begin)
      })
  }

  /** In turn: a look that began earlier may have read before the change of which the caller knows. */
  function inTurn(): Promise<void> {
    const mine = turns.then(look)
    turns = mine.catch(() => undefined)
    return mine
  }

  async function look(): Promise<void> {
    if (subscriptions.size === 0) return
    const began = now()
    const versions = await store.versions()
    const told = await Promise.allSettled([...subscriptions].map((one) => tell(one, versions)))
    // A listener that failed knows of itself that it is behind.
    knownAsOf = began
    const failed = told.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
    if (isFailing) log.info('what others change is known again')
    isFailing = false
  }

  async function tell(subscription: Subscription, versions: ReadonlyMap<string, string>): Promise<void> {
    const version = versions.get(subscription.topic) ?? NEVER_CHANGED
    if (version === subscription.done) return
    await subscription.listener()
    subscription.done = version
  }

  return {
    subscribe(topic, listener) {
      const subscription: Subscription = { topic, listener, done: null }
      subscriptions.add(subscription)
      return () => void subscriptions.delete(subscription)
    },
    refresh: inTurn,
    ageMilliseconds: () => now() - knownAsOf,
    async stop() {
      isStopped = true
      cancel()
      subscriptions.clear()
      await turns
    },
  }
}
