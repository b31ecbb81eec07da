/** Questions of the first process to its workers: what each counts, and whatever else is known to all of them alone. */
import type { Worker } from 'node:cluster'
import { isAnswer } from './messages.ts'

const ANSWER_WITHIN_MILLISECONDS = 1_000

export interface Questions {
  /** Of every worker that answers within a second; one that is starting, or hangs, is left out. */
  ask(question: string): Promise<unknown[]>
  /** null of one that does not answer within a second. */
  askOne(worker: Worker, question: string): Promise<unknown>
  /** The numbers of all processes that have not ended. */
  living(): number[]
  /** To be told of every worker that is started. */
  add(worker: Worker): void
}

export function createQuestions(): Questions {
  const workers = new Set<Worker>()
  let asked = 0

  function askOne(worker: Worker, question: string): Promise<unknown> {
    const number = ++asked
    return new Promise((resolve) => {
      const end = (answer: unknown) => {
        clearTimeout(timer)
        worker.off('message', hear)
        worker.off('exit', leave)
        resolve(answer)
      }
      const hear = (message: unknown) => isAnswer(message) && message.answerTo === number && end(message.answer)
      const leave = () => end(null)
      const timer = setTimeout(leave, ANSWER_WITHIN_MILLISECONDS)
      worker.on('message', hear).on('exit', leave)
      worker.send({ question, number }, (error) => error && end(null))
    })
  }

  return {
    askOne,
    async ask(question) {
      const connected = [...workers].filter((worker) => worker.isConnected())
      const answers = await Promise.all(connected.map((worker) => askOne(worker, question)))
      return answers.filter((answer) => answer !== null)
    },
    living: () => [...workers].flatMap(({ process: { pid } }) => (pid === undefined ? [] : [pid])),
    add(worker) {
      workers.add(worker)
      worker.once('exit', () => workers.delete(worker))
    },
  }
}
