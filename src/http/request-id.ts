/**
 * Gives each request a number of our own. An X-Request-Id that somebody sent is never taken over: it would let a
 * stranger write into the log and the audit, or hide behind another request's number.
 */
import type { Middleware } from 'koa'
import type { Randomness } from '../campus.ts'

/** Crockford's base 32: without I, L, O and U, so that it can be read out on the telephone. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CHARACTERS = 12
const GROUP = 4

export function freshRequestId(random: Randomness): string {
  const bytes = Buffer.from(random.token(CHARACTERS), 'base64url')
  const characters = Array.from(bytes, (byte) => ALPHABET.charAt(byte % ALPHABET.length))
  return characters.map((character, at) => (at > 0 && at % GROUP === 0 ? `-${character}` : character)).join('')
}

export function requestId({ random }: { random: Randomness }): Middleware {
  return (ctx, next) => {
    ctx.state.requestId = freshRequestId(random)
    ctx.set('X-Request-Id', ctx.state.requestId)
    return next()
  }
}
