import type { Needs, Worker } from './staff.ts'

/** Three questions without an answer are half a minute in which no request was answered either. */
const ASK_EVERY_SECONDS = 10
const SILENCES_MAX = 3

/**
 * A worker that hangs, in an endless loop or stopped from outside, keeps its place and answers nobody, and node:cluster
 * goes on handing it connections. It is killed, and replaced as one that died. Answers how to stop looking.
 */
export function watchPulse(worker: Worker, { log, timer }: Pick<Needs, 'log' | 'timer'>): () => void {
  let silences = 0
  let isOver = false
  let cancel = waitAndAsk()

  function waitAndAsk(): () => void {
    return timer(ASK_EVERY_SECONDS * 1000, () => void ask())
  }

  async function ask(): Promise<void> {
    const doesAnswer = await worker.answers()
    if (isOver) return
    silences = doesAnswer ? 0 : silences + 1
    if (silences === SILENCES_MAX) {
      log.error(
        { pid: worker.pid, seconds: ASK_EVERY_SECONDS * SILENCES_MAX },
        'a worker does not answer: it is killed',
      )
      return worker.kill()
    }
    cancel = waitAndAsk()
  }

  return () => {
    isOver = true
    cancel()
  }
}
