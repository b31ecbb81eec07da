/** Workers whose lives the test plays, and the supervisor that believes in them. */
import { type Ending, type Order, type Supervisor, supervise, type Worker } from '../../src/supervisor/supervisor.ts'
import { type FakeTime, fakeTime } from './fake-time.ts'

export interface PlayedWorker extends Worker {
  number: number
  told: Order[]
  wasKilled: boolean
  /** It runs and answers nobody. */
  hangs: boolean
  becomeReady(): Promise<void>
  end(ending?: Partial<Ending>): Promise<void>
}

export interface PlayedWorkers {
  supervisor: Supervisor
  time: FakeTime
  all: PlayedWorker[]
  worker(at: number): PlayedWorker
  /** Of the places for which they were started, in order. */
  numbers(): number[]
  lines: { message: string; fields: object }[]
  messages(): string[]
  /** null while the server runs. */
  exitCode(): number | null
  /** Ends whatever the test has left running. */
  close(): Promise<void>
}

export function openSupervisor(workers: number): PlayedWorkers {
  const time = fakeTime()
  const all: PlayedWorker[] = []
  const lines: PlayedWorkers['lines'] = []
  let exitCode: number | null = null
  const say = (fields: object | string, message?: string) =>
    lines.push(typeof fields === 'string' ? { message: fields, fields: {} } : { message: message ?? '', fields })
  const log = { info: say, warn: say, error: say, fatal: say }
  const startWorker = (number: number) => {
    const worker = play(number, { pid: 100 + all.length, settle: time.settle })
    all.push(worker)
    return worker
  }
  const supervisor = supervise({ startWorker, log, clock: time.clock, timer: time.timer, jitter: () => 0 }, { workers })
  void supervisor.ended.then((code) => {
    exitCode = code
  })
  return {
    supervisor,
    time,
    all,
    worker(at) {
      const found = all[at]
      if (found === undefined) throw new Error(`there is no worker ${at} yet`)
      return found
    },
    numbers: () => all.map(({ number }) => number),
    lines,
    messages: () => lines.map(({ message }) => message),
    exitCode: () => exitCode,
    async close() {
      supervisor.stop()
      for (const worker of all) await worker.end()
      await supervisor.ended
    },
  }
}

/** With all of its workers ready. */
export async function openReadySupervisor(workers: number): Promise<PlayedWorkers> {
  const played = openSupervisor(workers)
  for (let at = 0; at < workers; at++) await played.worker(at).becomeReady()
  return played
}

function play(number: number, { pid, settle }: { pid: number; settle: () => Promise<void> }): PlayedWorker {
  const ready = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<Ending>()
  const worker: PlayedWorker = {
    number,
    pid,
    ready: ready.promise,
    ended: ended.promise,
    told: [],
    wasKilled: false,
    hangs: false,
    tell: (order) => void worker.told.push(order),
    answers: async () => !worker.hangs,
    kill() {
      worker.wasKilled = true
      ended.resolve({ code: null, signal: 'SIGKILL' })
    },
    becomeReady() {
      ready.resolve()
      return settle()
    },
    end({ code = null, signal = null } = {}) {
      ended.resolve({ code: signal === null ? (code ?? 0) : null, signal })
      return settle()
    },
  }
  return worker
}
