/** The port of what expires, in memory: for tests of what stands on it. test/contracts holds the real ones to it. */
import type { Clock } from '../../src/campus.ts'
import type { ExpiringStore, Expiry, Key } from '../../src/expiring/expiring.ts'

export type Operation = keyof ExpiringStore

export interface MemoryExpiring {
  expiring: ExpiringStore
  /** What stands now, by key. */
  standing(): Map<Key, string>
  /** Lays another value under every key that begins so: for records that are to look older than they are. */
  edit(prefix: string, change: (record: Record<string, unknown>) => void): void
  /** The same for values that are no objects. */
  rewrite(which: (key: Key) => boolean, change: (raw: string, key: Key) => string): void
  /** Every call, in order. */
  calls: { operation: Operation; key: Key }[]
  /** From now on these calls reject: `before` the effect takes place, or `after` it (a lost reply). */
  breakDown(when: 'before' | 'after', which?: (operation: Operation, key: Key) => boolean): void
  repair(): void
  /** As after a lost server. */
  wipe(): void
}

interface Entry {
  value: string
  endsAt: number
  indexes: readonly string[]
}

interface Fault {
  when: 'before' | 'after'
  which(operation: Operation, key: Key): boolean
}

export function memoryExpiring(clock: Clock): MemoryExpiring {
  const shelf = createShelf(() => clock().getTime())
  const calls: MemoryExpiring['calls'] = []
  let fault: Fault | null = null

  async function call<Result>(operation: Operation, key: Key, effect: () => Result): Promise<Result> {
    calls.push({ operation, key })
    const down = () => Object.assign(new Error('no answer'), { unavailable: 'redis', retryAfterSeconds: 2 })
    // Others get their turn, as over a network.
    await Promise.resolve()
    const breaks = fault?.which(operation, key) ? fault.when : null
    if (breaks === 'before') throw down()
    const result = effect()
    if (breaks === 'after') throw down()
    await Promise.resolve()
    return result
  }

  return {
    expiring: {
      read: (key) => call('read', key, () => shelf.at(key)?.value ?? null),
      readAll: (keys) => call('readAll', keys[0], () => keys.map((key) => shelf.at(key)?.value ?? null)),
      put: (key, value, expiry) => call('put', key, () => shelf.put(key, value, expiry)),
      reserve: (key, value, expiry) => call('reserve', key, () => shelf.reserve(key, value, expiry)),
      swap: (key, before, after, expiry) => call('swap', key, () => shelf.swap(key, before, after, expiry)),
      take: (key) => call('take', key, () => shelf.take(key)),
      remove: (key) => call('remove', key, () => void shelf.take(key)),
      count: (key, window) => call('count', key, () => shelf.count(key, window)),
      countAll: (counters) =>
        Promise.all(counters.map(({ key, ...window }) => call('count', key, () => shelf.count(key, window)))),
      putWithin: async (key, value, expiry, limits) => {
        const counts = await Promise.all(
          limits.map((limit) => call('count', limit.key, () => shelf.count(limit.key, limit))),
        )
        const isWithin = limits.every(({ most }, index) => (counts[index]?.count ?? most) <= most)
        if (isWithin) await call('put', key, () => shelf.put(key, value, expiry))
        return counts
      },
      listed: (index, limit = 1_000) => call('listed', index, () => shelf.listed(index).slice(0, limit)),
      ping: () => call('ping', '', () => undefined),
    },
    standing: shelf.standing,
    edit: shelf.edit,
    rewrite: shelf.rewrite,
    wipe: shelf.wipe,
    calls,
    breakDown: (when, which = () => true) => {
      fault = { when, which }
    },
    repair: () => {
      fault = null
    },
  }
}

function createShelf(now: () => number) {
  const entries = new Map<Key, Entry>()
  const windows = new Map<Key, { count: number; endsAt: number }>()

  function endOf(seconds: number): number {
    if (!Number.isSafeInteger(seconds) || seconds <= 0) throw new Error(`not a positive integer: ${seconds}`)
    return now() + seconds * 1_000
  }

  function at(key: Key): Entry | null {
    const entry = entries.get(key)
    return entry && entry.endsAt > now() ? entry : null
  }

  function put(key: Key, value: string, { seconds, indexes = [] }: Expiry): void {
    entries.set(key, { value, endsAt: endOf(seconds), indexes })
  }

  return {
    at,
    put,
    reserve(key: Key, value: string, expiry: Expiry): string {
      const standing = at(key)
      if (!standing) put(key, value, expiry)
      return standing?.value ?? value
    },
    swap(key: Key, before: string, after: string, expiry?: Expiry) {
      const standing = at(key)
      if (standing?.value !== before) return { swapped: false as const, current: standing?.value ?? null }
      if (expiry) put(key, after, { indexes: standing.indexes, ...expiry })
      else standing.value = after
      return { swapped: true as const }
    },
    take(key: Key): string | null {
      const standing = at(key)
      entries.delete(key)
      return standing?.value ?? null
    },
    count(key: Key, { seconds, by = 1 }: { seconds: number; by?: number }) {
      const open = windows.get(key)
      const window = open && open.endsAt > now() ? open : { count: 0, endsAt: endOf(seconds) }
      window.count += by
      windows.set(key, window)
      return { count: window.count, secondsLeft: Math.ceil((window.endsAt - now()) / 1_000) }
    },
    listed(index: string): Key[] {
      const found = [...entries].filter(([key, { indexes }]) => at(key) && indexes.includes(index))
      return found.toSorted(([, a], [, b]) => a.endsAt - b.endsAt).map(([key]) => key)
    },
    standing: () =>
      new Map([...entries].flatMap(([key, { value }]): [Key, string][] => (at(key) ? [[key, value]] : []))),
    edit(prefix: string, change: (record: Record<string, unknown>) => void): void {
      for (const [key, entry] of entries) {
        if (!key.startsWith(prefix)) continue
        const record = JSON.parse(entry.value)
        change(record)
        entry.value = JSON.stringify(record)
      }
    },
    rewrite(which: (key: Key) => boolean, change: (raw: string, key: Key) => string): void {
      for (const [key, entry] of entries) if (which(key)) entry.value = change(entry.value, key)
    },
    wipe(): void {
      entries.clear()
      windows.clear()
    },
  }
}
