/** The clock, the randomness and the timers of this machine: what composition roots hand to those who take them. */
import { randomBytes, randomFillSync, randomUUID } from 'node:crypto'
import type { Clock, Randomness, Timer } from './campus.ts'

export const systemClock: Clock = () => new Date()

const DRAWN_AT_ONCE = 4_096

/** A call of the generator costs more than its bytes: many are drawn at once, and each is given out once. */
function drawTokens(): Randomness['token'] {
  const drawn = Buffer.alloc(DRAWN_AT_ONCE)
  let given = DRAWN_AT_ONCE
  return (bytes) => {
    if (bytes > DRAWN_AT_ONCE / 8) return randomBytes(bytes).toString('base64url')
    if (given + bytes > DRAWN_AT_ONCE) {
      randomFillSync(drawn)
      given = 0
    }
    const token = drawn.toString('base64url', given, given + bytes)
    // What was given out is a secret of whoever has it now.
    drawn.fill(0, given, given + bytes)
    given += bytes
    return token
  }
}

export const systemRandomness: Randomness = {
  token: drawTokens(),
  uuid: () => randomUUID(),
}

export const systemTimer: Timer = (milliseconds, act) => {
  const timeout = setTimeout(act, milliseconds).unref()
  return () => clearTimeout(timeout)
}
