/**
 * `leave`: the server goes on without this worker, which lets every connection end by itself. `stop`: all of it ends.
 */
export type Order = 'leave' | 'stop'

/**
 * How long a worker takes at most to carry an order out. A spare connection was promised 65 s (src/http/server.ts), and
 * a worker that leaves keeps that promise.
 */
export const ORDER_WITHIN_SECONDS: Readonly<Record<Order, number>> = { leave: 75, stop: 10 }
