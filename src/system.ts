/** The clock, the randomness and the timers of this machine: what composition roots hand to those who take them. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock, Randomness, Timer } from './campus.ts'

export const systemClock: Clock = () => new Date()

export const systemRandomness: Randomness = {
  token: (bytes) => randomBytes(bytes).toString('base64url'),
  uuid: () => randomUUID(),
}

export const systemTimer: Timer = (milliseconds, act) => {
  const timeout = setTimeout(act, milliseconds).unref()
  return () => clearTimeout(timeout)
}
