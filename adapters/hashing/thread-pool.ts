import { Worker } from 'node:worker_threads'
import { createFairQueue, type WaitingFor } from './fair-queue.ts'

export interface ThreadPool<Job, Answer> {
  /**
   * Rejects with an error marked `unavailable` when there is no place in the queue, when the thread dies over the job,
   * or after `close`. A job that was taken in is computed whether or not anybody still waits for it: were its place
   * given up with the request, a crowd that hangs up at once would never find the queue full.
   */
  run(job: Job, waitingFor: WaitingFor): Promise<Answer>
  /** Now. */
  load(): { waiting: number; running: number }
  /** Takes in nothing more, finishes what waits, ends the threads. */
  close(): Promise<void>
}

/** Told what becomes of each job, and when. */
export interface JobWatch<Job> {
  /** A thread takes it up. */
  taken(job: Job, waitedSeconds: number): void
  ended(job: Job, result: 'done' | 'died', ranSeconds: number): void
  /** There was no place for it. */
  shed(job: Job): void
}

interface Task<Job, Answer> {
  job: Job
  /** A thread takes it up. */
  taken(): void
  resolve(answer: Answer): void
  reject(error: Error): void
}

interface Thread<Job, Answer> {
  worker: Worker
  /** What it computes now. */
  task: Task<Job, Answer> | null
}

export interface ThreadPoolOptions<Job> {
  file: URL
  data: unknown
  threadsMax: number
  queueMax: number
  /** When to come again, for those who are turned away. */
  retryAfterSeconds: number
  watch?: JobWatch<Job>
}

export function openThreadPool<Job, Answer>(options: ThreadPoolOptions<Job>): ThreadPool<Job, Answer> {
  const { file, data, threadsMax, queueMax, retryAfterSeconds, watch } = options
  const queue = createFairQueue<Task<Job, Answer>>(queueMax)
  const threads = new Set<Thread<Job, Answer>>()
  const unfinished = new Set<Promise<Answer>>()
  let isOpen = true

  const unavailable = (message: string, cause?: unknown) =>
    Object.assign(new Error(message, { cause }), { unavailable: 'hashing', retryAfterSeconds })

  /** Threads start when there is work for them, so where none can live each costs one job, and nothing spins. */
  function startThread(): Thread<Job, Answer> {
    const thread: Thread<Job, Answer> = { worker: new Worker(file, { workerData: data, name: 'hashing' }), task: null }
    let fault: unknown
    thread.worker.on('message', (answer: Answer) => {
      thread.task?.resolve(answer)
      thread.task = null
      giveOutWork()
    })
    thread.worker.on('error', (error) => {
      fault = error
    })
    thread.worker.on('exit', () => {
      threads.delete(thread)
      thread.task?.reject(unavailable('a hashing thread died over this job', fault))
      giveOutWork()
    })
    threads.add(thread)
    return thread
  }

  function freeThread(): Thread<Job, Answer> | null {
    for (const thread of threads) if (thread.task === null) return thread
    return threads.size < threadsMax ? startThread() : null
  }

  function giveOutWork(): void {
    while (queue.size() > 0) {
      const thread = freeThread()
      if (!thread) return
      thread.task = queue.next()
      thread.task?.taken()
      thread.worker.postMessage(thread.task?.job)
    }
  }

  return {
    run(job, waitingFor) {
      if (!isOpen) return Promise.reject(unavailable('the hashing threads have been closed'))
      const finished = new Promise<Answer>((resolve, reject) => {
        const dropped = queue.add(newTask(job, { resolve, reject }, watch), waitingFor)
        dropped?.reject(unavailable('the hashing queue is full'))
        giveOutWork()
      })
      unfinished.add(finished)
      const forget = () => unfinished.delete(finished)
      finished.then(forget, forget)
      return finished
    },
    load: () => ({
      waiting: queue.size(),
      running: [...threads].filter(({ task }) => task !== null).length,
    }),
    async close() {
      isOpen = false
      await Promise.allSettled(unfinished)
      await Promise.all([...threads].map(({ worker }) => worker.terminate()))
    },
  }
}

function newTask<Job, Answer>(
  job: Job,
  { resolve, reject }: Pick<Task<Job, Answer>, 'resolve' | 'reject'>,
  watch: JobWatch<Job> | undefined,
): Task<Job, Answer> {
  const asked = performance.now()
  let started: number | null = null
  return {
    job,
    taken() {
      started = performance.now()
      watch?.taken(job, secondsSince(asked))
    },
    resolve(answer) {
      watch?.ended(job, 'done', secondsSince(started ?? asked))
      resolve(answer)
    },
    reject(error) {
      if (started === null) watch?.shed(job)
      else watch?.ended(job, 'died', secondsSince(started))
      reject(error)
    },
  }
}

const secondsSince = (moment: number) => (performance.now() - moment) / 1_000
