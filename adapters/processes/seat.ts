/** Where a process that serves hears what it is told: from its supervisor, where it has one, and from signals. */
import cluster from 'node:cluster'
import type { Order } from '../../src/supervisor/supervisor.ts'
import { ALIVE, CLOSED, isOrder, isQuestion, NOTED, type Question, READY } from './messages.ts'

export interface Seat {
  /** The supervisor holds the sockets, and has seen that the port is free. */
  isSupervised: boolean
  /** Resolves with the first order. */
  told: Promise<Order>
  /** Resolves when this process is to stop, be it that it was leaving already. */
  hurried: Promise<void>
  /** Tells the supervisor that requests are taken. */
  ready(): void
  /**
   * To be awaited when the doors are closed, before anything else is. The supervisor may have handed us a connection
   * before it heard of it: it is given back here, and would hang for ever if we were gone when it comes.
   */
  closed(): Promise<void>
  /** Answers this question of the first process from now on. */
  answer(question: string, give: () => Promise<unknown>): void
  /** Lets go of the supervisor, so that the process can end. */
  leave(): void
}

export function takeSeat(): Seat {
  let state: 'starting' | 'ready' | 'left' = 'starting'
  const told = Promise.withResolvers<Order>()
  const hurried = Promise.withResolvers<void>()
  const noted = Promise.withResolvers<void>()
  const hear = (order: Order) => {
    told.resolve(order)
    if (order === 'stop') hurried.resolve()
  }
  // The second one ends the process where it stands.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => hear('stop'))
  if (cluster.worker) {
    // For the supervisor, which a terminal or `kill` of the whole group tells as well.
    process.on('SIGHUP', () => undefined)
    process.on('message', (message) => {
      if (isOrder(message)) hear(message)
      if (message === NOTED) noted.resolve()
      if (isQuestion(message)) void answer(message)
    })
    // Node would end us at once when the supervisor is gone, with every request that is in flight.
    cluster.worker.exitedAfterDisconnect = true
    process.once('disconnect', () => {
      // Whoever waits for the sockets of a supervisor that is gone would wait for ever; nothing is in flight yet.
      if (state === 'starting') process.exit()
      noted.resolve()
      hear('stop')
    })
  }
  const givers = new Map<string, () => Promise<unknown>>([[ALIVE, async () => true]])
  const answer = async ({ question, number }: Question) => {
    const given = await (givers.get(question)?.() ?? null)
    if (process.connected) process.send?.({ answerTo: number, answer: given })
  }
  return {
    isSupervised: cluster.isWorker,
    told: told.promise,
    hurried: hurried.promise,
    ready() {
      state = 'ready'
      process.send?.(READY)
    },
    async closed() {
      if (!process.connected) return
      process.send?.(CLOSED)
      await noted.promise
    },
    answer: (question, give) => void givers.set(question, () => give().catch(() => null)),
    leave() {
      state = 'left'
      if (process.connected) process.disconnect()
    },
  }
}
