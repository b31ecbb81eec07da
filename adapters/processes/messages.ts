import type { Order } from '../../src/supervisor/supervisor.ts'

/** From a worker, when it takes requests. To a worker go the orders themselves. */
export const READY = 'ready'

export function isOrder(message: unknown): message is Order {
  return message === 'leave' || message === 'stop'
}
