/**
 * What one request remembers from its first read to its last write. The provider reads the same records several times
 * and tells its storage nothing of the request; this saves the second trips, and knows against what to make a swap.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context } from 'koa'
import type { AdapterPayload } from 'oidc-provider'
import type { Key } from '../expiring/expiring.ts'
import type { Standing } from '../gate/gate.ts'

export interface RequestMemory {
  /** The request itself; null outside any. */
  ctx: Context | null
  /** Records as this request read or wrote them last. */
  records: Map<Key, string>
  /** Reads that are under way. */
  reading: Map<Key, Promise<string | null>>
  /** Sessions by uid as the provider holds them, which is how this request left them, not how they came to stand. */
  sessions: Map<string, string>
  /** Digests of cookies by which this request has found a session, or which it has made. */
  cookies: Set<string>
  /** Grants that this request has made, before their session leads to them. */
  grants: Map<string, AdapterPayload>
  /** What the gate was told, by party. */
  standings: Map<string, Promise<Standing>>
  /** Sessions that this request has ended for good, by uid. */
  ended: Set<string>
  /** When whoever got 503 or 429 may come again. */
  retryAfterSeconds: number | null
}

export interface RequestScope {
  /** A page and the answer to it are one request: for one context, one memory. */
  run<Result>(ctx: Context, work: () => Result): Result
  /** Outside any request nothing is remembered. */
  current(): RequestMemory
}

export function createRequestScope(): RequestScope {
  const storage = new AsyncLocalStorage<RequestMemory>()
  const memories = new WeakMap<Context, RequestMemory>()
  return {
    run(ctx, work) {
      const memory = memories.get(ctx) ?? blank(ctx)
      memories.set(ctx, memory)
      return storage.run(memory, work)
    },
    current: () => storage.getStore() ?? blank(null),
  }
}

function blank(ctx: Context | null): RequestMemory {
  return {
    ctx,
    records: new Map(),
    reading: new Map(),
    sessions: new Map(),
    cookies: new Set(),
    grants: new Map(),
    standings: new Map(),
    ended: new Set(),
    retryAfterSeconds: null,
  }
}
