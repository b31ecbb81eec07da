import type { Order } from '../../src/supervisor/supervisor.ts'

/** From a worker, when it takes requests. To a worker go the orders themselves. */
export const READY = 'ready'

/** From a worker that has closed its doors, and the answer that whatever was handed to it before has been sent. */
export const CLOSED = 'closed'
export const NOTED = 'noted'

/** To a worker: plain data, as are answers. */
export interface Question {
  question: string
  number: number
}

/** null where the worker has nothing to say to such a question, or failed at it. */
export interface Answer {
  answerTo: number
  answer: unknown
}

/** The question that every worker answers with true. */
export const ALIVE = 'alive'

export function isOrder(message: unknown): message is Order {
  return message === 'leave' || message === 'stop'
}

export function isQuestion(message: unknown): message is Question {
  return typeof message === 'object' && message !== null && 'question' in message && 'number' in message
}

export function isAnswer(message: unknown): message is Answer {
  return typeof message === 'object' && message !== null && 'answerTo' in message && 'answer' in message
}
