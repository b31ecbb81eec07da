/** Keys that a test hands out itself, and the ports of keys and changes in memory. */
import type { Changes, Topic } from '../../src/changes/changes.ts'
import {
  createFingerprint,
  createMac,
  type Keyring,
  type Keyrings,
  type KeyStore,
  type StoredKey,
} from '../../src/keys/keys.ts'
import { sampleSecret } from './sample-config.ts'

/** The rings are asked for anew with every use, so a test may change them. */
export function sampleKeyrings(
  rings: { cookies: Keyring; fingerprints: Keyring } = {
    cookies: [sampleSecret('c1')],
    fingerprints: [sampleSecret('f1')],
  },
): Keyrings {
  return {
    cookies: () => rings.cookies,
    fingerprint: createFingerprint(() => rings.fingerprints),
    mac: createMac(),
    signing: () => [],
    whenSigningKeysChange: () => () => undefined,
  }
}

export interface MemoryChanges extends Changes {
  /** As if the last look were so long ago. */
  lookedAgo(milliseconds: number): void
  /** As a trigger counts. */
  count(topic: Topic): void
}

/** Tells what was counted when it is asked to. */
export function memoryChanges(): MemoryChanges {
  const counted = new Set<Topic>()
  let age = 0
  const listeners = new Map<() => void | Promise<void>, Topic>()
  return {
    count: (topic) => void counted.add(topic),
    subscribe(topic, listener) {
      listeners.set(listener, topic)
      return () => void listeners.delete(listener)
    },
    ageMilliseconds: () => age,
    lookedAgo: (milliseconds) => {
      age = milliseconds
    },
    async refresh() {
      const changed = [...counted]
      counted.clear()
      await Promise.all([...listeners].map(([listener, topic]) => changed.includes(topic) && listener()))
    },
  }
}

/** `changed` is told of every write, as the trigger is. */
export function memoryKeys(changed: () => void = () => undefined): KeyStore {
  let rows: StoredKey[] = []
  const newest = ({ purpose, retiringFrom }: StoredKey) => (retiringFrom === null ? purpose : null)
  return {
    list: async () =>
      rows.map((row) => ({ ...row })).toSorted((a, b) => a.activeFrom.getTime() - b.activeFrom.getTime()),
    async addFirst(keys) {
      for (const key of keys) if (rows.every((row) => newest(row) !== key.purpose)) rows.push({ ...key })
      changed()
    },
    async follow(before, next, retiredFrom) {
      const row = rows.find(({ id, retiringFrom }) => id === before && retiringFrom === null)
      if (!row) return false
      Object.assign(row, { retiringFrom: next.activeFrom, retiredFrom })
      rows.push({ ...next })
      changed()
      return true
    },
    async remove(id) {
      const count = rows.length
      rows = rows.filter((row) => row.id !== id)
      changed()
      return rows.length < count
    },
    async reseal(id, before, sealed) {
      const row = rows.find((one) => one.id === id && one.sealedBy === before)
      if (!row) return false
      Object.assign(row, sealed)
      changed()
      return true
    },
  }
}
