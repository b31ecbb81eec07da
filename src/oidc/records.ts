/**
 * How the provider's records lie in the store of what expires. The identifiers of codes, tokens and sessions are bearer
 * values: keys carry their hash, values do not carry them at all, so that a copy of the store opens nothing.
 */
import { hash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { AdapterPayload } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { isUnavailable } from '../errors.ts'
import {
  besideCounts,
  type Count,
  type Expiry,
  isWithin,
  type Key,
  type Limit,
  type Swap,
} from '../expiring/expiring.ts'
import type { RequestScope } from './request-scope.ts'

/** `model` in the key keeps kinds apart: a code can never be presented where a refresh token is asked for. */
export function keyOf(model: string, id: string): Key {
  const words = model.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
  return `oidc:${words}:${hash('sha256', id, 'base64url')}`
}

export function encode({ jti: _kept, ...rest }: AdapterPayload): string {
  return JSON.stringify(rest)
}

/** null where another kind of record stands. A fresh object each time, because the provider changes what it gets. */
export function decode(model: string, raw: string | null): AdapterPayload | null {
  if (raw === null) return null
  const payload = JSON.parse(raw) as AdapterPayload
  return payload.kind === model ? payload : null
}

/** The store, with one memory for the request. */
export interface Records {
  read(key: Key): Promise<string | null>
  /** Of one group, as `ExpiringStore.readAll`. What is known is read again, together with the rest. */
  readAll(keys: readonly [Key, ...Key[]]): Promise<(string | null)[]>
  /** What this request read or wrote last; null when it did neither. Costs no trip. */
  known(key: Key): string | null
  put(key: Key, raw: string, expiry: Expiry): Promise<void>
  /** As `ExpiringStore.putWithin`, with each limit beside its count. */
  putWithin<Known extends Limit>(
    key: Key,
    raw: string,
    expiry: Expiry,
    limits: readonly Known[],
  ): Promise<(Known & Count)[]>
  /** As `ExpiringStore.reserve`; `raw` must be the caller's own, or it cannot know that it has won. */
  reserve(key: Key, raw: string, expiry: Expiry): Promise<string>
  /** As `ExpiringStore.swap`; `after` must be the caller's own, so that its own swap is known again. */
  swap(key: Key, before: string, after: string, expiry?: Expiry): Promise<Swap>
  /** As `ExpiringStore.take`. A lost reply is not asked for again: nobody could tell who has it. */
  take(key: Key): Promise<string | null>
  remove(key: Key): Promise<void>
}

/** Time enough to connect again, and little enough for "at once" where the store is down. */
const PAUSES_MILLISECONDS = [50, 150]

/** A call that hung for longer is not made again: the person has waited long enough. */
const WORTH_ASKING_AGAIN_MILLISECONDS = 300

/**
 * A lost reply leaves open whether the effect took place. For these calls asking again is safe, and the answer tells:
 * the caller finds its own value standing.
 */
async function askAgain<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (const milliseconds of PAUSES_MILLISECONDS) {
    const started = performance.now()
    try {
      return await call()
    } catch (error) {
      if (!isUnavailable(error) || performance.now() - started > WORTH_ASKING_AGAIN_MILLISECONDS) throw error
      await pause(milliseconds)
    }
  }
  return await call()
}

export function createRecords({ expiring }: Pick<Campus, 'expiring'>, scope: RequestScope): Records {
  function remember(key: Key, raw: string | null): void {
    const { records } = scope.current()
    // A read that began before somebody wrote here is not what stands.
    scope.current().reading.delete(key)
    if (raw === null) records.delete(key)
    else records.set(key, raw)
  }

  async function read(key: Key): Promise<string | null> {
    const { records, reading } = scope.current()
    const known = records.get(key)
    if (known !== undefined) return known
    const begun = reading.get(key) ?? expiring.read(key)
    reading.set(key, begun)
    try {
      const raw = await begun
      if (reading.get(key) === begun) remember(key, raw)
      return raw
    } finally {
      if (reading.get(key) === begun) reading.delete(key)
    }
  }

  return {
    read,
    async readAll(keys) {
      const stands = await expiring.readAll(keys)
      for (const [at, key] of keys.entries()) remember(key, stands[at] ?? null)
      return stands
    },
    known: (key) => scope.current().records.get(key) ?? null,
    async put(key, raw, expiry) {
      await expiring.put(key, raw, expiry)
      remember(key, raw)
    },
    async putWithin(key, raw, expiry, limits) {
      const counted = besideCounts(limits, await expiring.putWithin(key, raw, expiry, limits))
      if (counted.every(isWithin)) remember(key, raw)
      return counted
    },
    async reserve(key, raw, expiry) {
      const standing = await askAgain(() => expiring.reserve(key, raw, expiry))
      remember(key, standing)
      return standing
    },
    async swap(key, before, after, expiry) {
      const answer = await askAgain(() => expiring.swap(key, before, after, expiry))
      if (answer.swapped || answer.current === after) {
        remember(key, after)
        return { swapped: true }
      }
      remember(key, answer.current)
      return answer
    },
    async take(key) {
      const taken = await expiring.take(key)
      remember(key, null)
      return taken
    },
    async remove(key) {
      await expiring.remove(key)
      remember(key, null)
    },
  }
}
