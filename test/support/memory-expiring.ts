/** The port of what expires, in memory: for tests of what stands on it. test/contracts holds the real ones to the port. */
import type { Clock } from '../../src/campus.ts'
import type { ExpiringStore, Expiry, Key } from '../../src/expiring/expiring.ts'

export interface MemoryExpiring {
  expiring: ExpiringStore
  /** What stands now, by key. */
  standing(): Map<Key, string>
  /** Lays another value under every key that begins so: for records that are to look older than they are. */
  edit(prefix: string, change: (record: Record<string, unknown>) => void): void
  /** Every call, in order. */
  calls: { operation: keyof ExpiringStore; key: Key }[]
  /** From now on every call rejects, as with the server gone. `before` the effect takes place, or after it (a lost reply). */
  breakDown(when: 'before' | 'after', which?: (operation: keyof ExpiringStore, key: Key) => boolean): void
  repair(): void
  /** As after a lost server. */
  wipe(): void
}

interface Entry {
  value: string
  endsAt: number
  indexes: readonly string[]
}

export function memoryExpiring(clock: Clock): MemoryExpiring {
  const entries = new Map<Key, Entry>()
  const counts = new Map<Key, { count: number; endsAt: number }>()
  const calls: MemoryExpiring['calls'] = []
  let broken: { when: 'before' | 'after'; which: (operation: keyof ExpiringStore, key: Key) => boolean } | null = null

  const now = () => clock().getTime()
  const endsAt = ({ seconds }: { seconds: number }) => {
    if (!Number.isSafeInteger(seconds) || seconds <= 0) throw new Error(`not a positive integer: ${seconds}`)
    return now() + seconds * 1_000
  }

  function at(key: Key): Entry | null {
    const entry = entries.get(key)
    if (entry && entry.endsAt > now()) return entry
    entries.delete(key)
    return null
  }

  function put(key: Key, value: string, expiry: Expiry): void {
    entries.set(key, { value, endsAt: endsAt(expiry), indexes: expiry.indexes ?? [] })
  }

  async function call<Result>(operation: keyof ExpiringStore, key: Key, effect: () => Result): Promise<Result> {
    calls.push({ operation, key })
    const down = () => Object.assign(new Error('no answer'), { unavailable: 'redis', retryAfterSeconds: 2 })
    // Others get their turn, as over a network.
    await Promise.resolve()
    const breaks = broken?.which(operation, key) ? broken.when : null
    if (breaks === 'before') throw down()
    const result = effect()
    if (breaks === 'after') throw down()
    await Promise.resolve()
    return result
  }

  const expiring: ExpiringStore = {
    read: (key) => call('read', key, () => at(key)?.value ?? null),
    put: (key, value, expiry) => call('put', key, () => put(key, value, expiry)),
    reserve: (key, value, expiry) =>
      call('reserve', key, () => {
        const standing = at(key)
        if (standing) return standing.value
        put(key, value, expiry)
        return value
      }),
    swap: (key, before, after, expiry) =>
      call('swap', key, () => {
        const standing = at(key)
        if (standing?.value !== before) return { swapped: false, current: standing?.value ?? null }
        if (expiry) put(key, after, expiry)
        else standing.value = after
        return { swapped: true }
      }),
    take: (key) =>
      call('take', key, () => {
        const standing = at(key)
        entries.delete(key)
        return standing?.value ?? null
      }),
    remove: (key) => call('remove', key, () => void entries.delete(key)),
    count: (key, { seconds, by = 1 }) =>
      call('count', key, () => {
        const open = counts.get(key)
        const window = open && open.endsAt > now() ? open : { count: 0, endsAt: endsAt({ seconds }) }
        window.count += by
        counts.set(key, window)
        return { count: window.count, secondsLeft: Math.ceil((window.endsAt - now()) / 1_000) }
      }),
    listed: (index, limit = 1_000) =>
      call('listed', index, () =>
        [...entries.keys()]
          .flatMap((key) => {
            const entry = at(key)
            return entry?.indexes.includes(index) ? [{ key, endsAt: entry.endsAt }] : []
          })
          .toSorted((a, b) => a.endsAt - b.endsAt)
          .slice(0, limit)
          .map(({ key }) => key),
      ),
    ping: () => call('ping', '', () => undefined),
  }

  return {
    expiring,
    standing: () =>
      new Map([...entries.keys()].flatMap((key): [Key, string][] => (at(key) ? [[key, at(key)?.value ?? '']] : []))),
    edit(prefix, change) {
      for (const [key, entry] of entries) {
        if (!key.startsWith(prefix)) continue
        const record = JSON.parse(entry.value)
        change(record)
        entry.value = JSON.stringify(record)
      }
    },
    calls,
    breakDown: (when, which = () => true) => {
      broken = { when, which }
    },
    repair: () => {
      broken = null
    },
    wipe: () => {
      entries.clear()
      counts.clear()
    },
  }
}
