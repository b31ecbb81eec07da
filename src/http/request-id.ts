/**
 * Gives each request one name, from the proxy to the page, the log, the audit and the trace. A name that somebody sent
 * is taken over only where that somebody is a proxy of ours: with it a stranger could write into the log and the audit,
 * or hide behind another request. The proxy must set the header itself (nginx: `$request_id`) and pass none on.
 */
import type { Context, Middleware } from 'koa'
import type { Campus, Randomness } from '../campus.ts'
import { type Addresses, createAddresses } from './client-address.ts'

/** Crockford's base 32: without I, L, O and U, so that it can be read out on the telephone. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CHARACTERS = 12
const GROUP = 4

/** nginx sends 32 hexadecimal digits, others a UUID. Nothing in it can end a line, a field or an attribute. */
const NAME_OF_PROXY = /^[A-Za-z0-9-]{8,64}$/

export function freshRequestId(random: Randomness): string {
  let name = ''
  for (const [at, byte] of Buffer.from(random.token(CHARACTERS), 'base64url').entries()) {
    name += (at > 0 && at % GROUP === 0 ? '-' : '') + ALPHABET.charAt(byte % ALPHABET.length)
  }
  return name
}

export function requestId({ random, config }: Pick<Campus, 'random' | 'config'>): Middleware {
  const addresses = createAddresses(config.trustedProxies)
  return (ctx, next) => {
    ctx.state.requestId = nameOfProxy(ctx, addresses) ?? freshRequestId(random)
    ctx.set('X-Request-Id', ctx.state.requestId)
    return next()
  }
}

/** Of two names neither is taken: one of them came from further away. Node joins them to one that fits no pattern. */
function nameOfProxy({ req }: Context, { isFromProxy }: Addresses): string | null {
  const name = req.headers['x-request-id']
  return typeof name === 'string' && NAME_OF_PROXY.test(name) && isFromProxy(req) ? name : null
}
