/**
 * Workers as processes of node:cluster. The first process holds the listening sockets and hands each connection to a
 * worker in turn; one that is leaving gives back what reaches it too late, and what was on its way to one that died is
 * closed. So no worker leaves a connection in a queue that nobody reads.
 */
import cluster from 'node:cluster'
import type { Ending, Order, StartWorker, Worker } from '../../src/supervisor/supervisor.ts'
import { ALIVE, CLOSED, NOTED, READY } from './messages.ts'
import { closeWhatIsOnItsWay } from './on-their-way.ts'
import { createQuestions, type Questions } from './questions.ts'

/** Of a process that could not be made. */
const NOT_MADE: Ending = { code: 1, signal: null }

export interface WorkerProgram {
  /** The script that a worker runs, with these words. */
  path: string
  words: string[]
  /** What its environment says beyond ours. */
  environment(number: number): Record<string, string>
}

export interface Workers {
  startWorker: StartWorker
  /** Answers of those workers that have one: see `Seat.answer`. */
  ask: Questions['ask']
  living: Questions['living']
}

export function workersOf({ path, words, environment }: WorkerProgram): Workers {
  cluster.schedulingPolicy = cluster.SCHED_RR
  cluster.setupPrimary({ exec: path, args: words })
  const questions = createQuestions()
  const startWorker: StartWorker = (number) => {
    const ready = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<Ending>()
    const forked = fork(environment(number))
    const tell = (message: string) => {
      if (forked?.isConnected()) forked.send(message, () => undefined)
    }
    if (forked === null) ended.resolve(NOT_MADE)
    else {
      questions.add(forked)
      closeWhatIsOnItsWay(forked)
    }
    forked?.on('message', (message: unknown) => {
      if (message === READY) ready.resolve()
      if (message === CLOSED) tell(NOTED)
    })
    forked?.once('exit', (code: number | null, signal: string | null) => ended.resolve({ code, signal }))
    // Emitted also where a message finds nobody any more, which is no end.
    forked?.on('error', () => forked.process.pid === undefined && ended.resolve(NOT_MADE))
    return {
      pid: forked?.process.pid ?? 0,
      ready: ready.promise,
      ended: ended.promise,
      tell: (order: Order) => tell(order),
      answers: async () => forked !== null && (await questions.askOne(forked, ALIVE)) === true,
      kill: () => void forked?.process.kill('SIGKILL'),
    } satisfies Worker
  }
  return { startWorker, ask: questions.ask, living: questions.living }
}

/** null where the system makes no more processes. */
function fork(environment: Record<string, string>) {
  try {
    return cluster.fork(environment)
  } catch {
    return null
  }
}
