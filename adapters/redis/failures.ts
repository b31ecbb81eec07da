/** Which failures mean that Redis is away or unable, rather than that we sent it a wrong command. */
import { isNativeError } from 'node:util/types'
import type { Unavailable } from '../../src/errors.ts'

const RETRY_AFTER_SECONDS = 2

/** Replies of a server that is loading, out of memory, cut off from its replicas or disk, or not in charge any more. */
const UNABLE = /^(LOADING|OOM|NOREPLICAS|MISCONF|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY|UNKILLABLE)\b/

export function unavailable(cause: unknown): Unavailable {
  const error = new Error('Redis is not available', { cause })
  return Object.assign(error, { unavailable: 'redis' as const, retryAfterSeconds: RETRY_AFTER_SECONDS })
}

/** What the driver itself rejects with (no connection, no reply in time) means that Redis is away. */
export function judge(error: unknown): unknown {
  if (error instanceof TypeError || error instanceof RangeError) return error
  if (isNativeError(error) && error.name === 'ReplyError' && !UNABLE.test(error.message)) return withoutValues(error)
  return unavailable(withoutValues(error))
}

/** ioredis attaches the arguments of the command: values of sessions and tokens, and errors are logged. */
function withoutValues(error: unknown): unknown {
  if (isNativeError(error)) Reflect.deleteProperty(error, 'command')
  return error
}
