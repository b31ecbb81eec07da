/** Logout deliveries in memory, processes that make them, and a time of their own. */
import type { AuditEvent } from '../../src/audit/audit.ts'
import type { NotBeforeStore } from '../../src/gate/gate.ts'
import type { RunningWork } from '../../src/leases/leases.ts'
import { type LogoutNotice, startLogoutDeliveries, type Told } from '../../src/logout-deliveries/logout-deliveries.ts'
import { type FakeTime, fakeTime } from './fake-time.ts'
import { memoryClients, memoryGate, sampleClient } from './memory-desk.ts'
import { type MemoryLogoutDeliveries, memoryLogoutDeliveries } from './memory-logout-deliveries.ts'
import { memoryAudit, memoryPeople } from './memory-stores.ts'
import { type RecordedMetrics, recordedMetrics } from './recorded-metrics.ts'

export const gone: Told = { kind: 'failed', failure: 'unreachable', answers: false, cause: new Error('gone') }
export const refuses: Told = { kind: 'failed', failure: 'status_400', answers: true, cause: new Error('400') }

export interface DeliveryWorld {
  time: FakeTime
  deliveries: MemoryLogoutDeliveries
  notBefore: NotBeforeStore
  metrics: RecordedMetrics
  events: AuditEvent[]
  /** Warnings and errors in the log. */
  lines: string[]
  /** Whom each try went to, and when, in seconds from the start. */
  tries: { client: string; sid: string; at: number }[]
  triesOf(client: string): DeliveryWorld['tries']
  /** What each client answers; those that are not named confirm. */
  answers: Map<string, Told | Promise<Told>>
  /** Who took part in the sessions that still stand, by uid. */
  sessions: Map<string, LogoutNotice[]>
  /** Who holds the lease. */
  lead: { holder: string | null }
  openProcess(name: string): RunningWork
  ended(client: string, count?: number): Promise<void>
  /** Long times, from one moment at which something is due to the next. */
  passLong(seconds: number): Promise<void>
}

export const DEAD_CLIENTS = Array.from({ length: 40 }, (_, at) => `dead-${at}`)

export function deliveryWorld(): DeliveryWorld {
  const time = fakeTime()
  const start = time.clock().getTime()
  const clients = memoryClients(
    ['library', 'canteen', 'dead', ...DEAD_CLIENTS].map((id) =>
      sampleClient(id, { backchannel_logout_uri: `https://${id}.school.example/` }),
    ),
  )
  const deliveries = memoryLogoutDeliveries(clients)
  const notBefore = memoryGate(memoryPeople(), clients, new Map(), deliveries.store)
  const { audit, events } = memoryAudit()
  const metrics = recordedMetrics()
  const world: Omit<DeliveryWorld, 'openProcess' | 'passLong'> = {
    ...{ time, deliveries, notBefore, metrics, events },
    lines: [],
    tries: [],
    triesOf: (client) => world.tries.filter((one) => one.client === client),
    answers: new Map(),
    sessions: new Map(),
    lead: { holder: null },
    async ended(client, count = 1) {
      const notice = (at: number) => ({ clientId: client, personId: 'lan', sid: `${client}-${at}` })
      await deliveries.store.add(
        Array.from({ length: count }, (_, at) => notice(at)),
        time.clock(),
      )
    },
  }
  const say = (_fields: unknown, message?: string) => void world.lines.push(message ?? '')
  const needs = {
    logoutDeliveries: deliveries.store,
    ...{ notBefore, audit, metrics: metrics.metrics, clock: time.clock, timer: time.timer },
    random: { uuid: () => '', token: () => 'AAAA' },
    log: { info: () => undefined, warn: say, error: say },
  }
  const desk: Parameters<typeof startLogoutDeliveries>[1] = {
    async tell({ clientId, sid }) {
      world.tries.push({ client: clientId, sid, at: (time.clock().getTime() - start) / 1_000 })
      return (await world.answers.get(clientId)) ?? { kind: 'told' }
    },
    endedBy: async ({ id }) =>
      [...world.sessions]
        .filter(([, notices]) => notices.some(({ personId }) => personId === id))
        .map(([uid, notices]) => ({ notices, remove: async () => world.sessions.delete(uid) })),
  }
  return {
    ...world,
    openProcess: (name) => startLogoutDeliveries({ ...needs, leases: leasesOf(world.lead, name) }, desk),
    async passLong(seconds) {
      const end = time.clock().getTime() + seconds * 1_000
      for (;;) {
        await time.pass(2)
        const left = end - time.clock().getTime()
        if (left <= 0) return
        const dueAt = deliveries.standing().map((one) => (one.givenUpAt ? end : one.dueAt.getTime()))
        time.leap(Math.max(Math.min(Math.min(...dueAt) - time.clock().getTime(), left) / 1_000 - 1, 0))
      }
    },
  }
}

function leasesOf(lead: DeliveryWorld['lead'], name: string) {
  return {
    async hold() {
      lead.holder ??= name
      return lead.holder === name
    },
    async release() {
      if (lead.holder === name) lead.holder = null
    },
  }
}
