/** Keys in memory, a clock that the test sets, and what the audit was told: for tests of the life of keys. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Randomness, Stores } from '../../src/campus.ts'
import type { Config } from '../../src/config.ts'
import { memoryAudit } from './memory-stores.ts'
import { recordedMetrics } from './recorded-metrics.ts'
import { sampleConfig } from './sample-config.ts'
import { memoryChanges, memoryKeys } from './sample-keyrings.ts'

export const DAY_SECONDS = 24 * 60 * 60

const random: Randomness = {
  token: (bytes) => randomBytes(bytes).toString('base64url'),
  uuid: () => randomUUID(),
}

export type KeyWorld = ReturnType<typeof keyWorld>

export function keyWorld(changed: Partial<Config> = {}) {
  let now = Date.parse('2026-09-01T00:00:00Z')
  const changes = memoryChanges()
  const keys = memoryKeys(() => changes.count('keys'))
  const { audit, events } = memoryAudit()
  const transaction = async <Result>(work: (stores: Stores) => Promise<Result>) => work({ keys, audit } as Stores)
  const lines: string[] = []
  const log = { info: (_fields: unknown, message?: string) => void lines.push(message ?? '') }
  const metrics = recordedMetrics()
  const ports = { random, keys, changes, transaction, log, metrics: metrics.metrics }
  const needs = { config: sampleConfig(changed), clock: () => new Date(now), ...ports }
  return {
    needs,
    events,
    lines,
    metrics,
    /** The clock of a process that is so many seconds ahead. */
    ahead: (seconds: number) => ({ ...needs, clock: () => new Date(now + seconds * 1_000) }),
    pass: (seconds: number) => {
      now += seconds * 1_000
    },
    pick: async (id: string) => (await keys.list()).find((key) => key.id === id),
  }
}
