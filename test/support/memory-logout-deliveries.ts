/** The port of logout deliveries in memory. test/contracts holds the real one to the same. */
import type { ClientStore } from '../../src/clients/clients.ts'
import type { LogoutDeliveryStore, StandingDelivery } from '../../src/logout-deliveries/logout-deliveries.ts'

const DAY_MILLISECONDS = 86_400_000

export interface MemoryLogoutDeliveries {
  store: LogoutDeliveryStore
  /** What stands there now, in the order of its coming. */
  standing(): StandingDelivery[]
  changeAll(changes: Partial<StandingDelivery>): void
}

export function memoryLogoutDeliveries(clients: Pick<ClientStore, 'find'>): MemoryLogoutDeliveries {
  const rows = new Map<string, StandingDelivery>()
  const rowOf = ({ id, attempts }: { id: string; attempts: number }) => {
    const row = rows.get(id)
    return row?.attempts === attempts ? row : null
  }
  const waiting = () => [...rows.values()].filter(({ givenUpAt }) => givenUpAt === null)
  const givenUp = () => [...rows.values()].filter(({ givenUpAt }) => givenUpAt !== null)

  const store: LogoutDeliveryStore = {
    async add(notices, endedAt) {
      for (const notice of notices) {
        const client = await clients.find(notice.clientId)
        const isKnown = [...rows.values()].some((row) => row.clientId === notice.clientId && row.sid === notice.sid)
        if (isKnown || client === null || client.disabledAt || client.metadata.backchannel_logout_uri === null) continue
        const until = new Date(endedAt.getTime() + DAY_MILLISECONDS)
        const id = `${notice.clientId} ${notice.sid}`
        rows.set(id, { ...notice, id, attempts: 0, endedAt, dueAt: endedAt, until, failure: null, givenUpAt: null })
      }
    },
    async take({ now, heldUntil, except, perClient, most }) {
      const due = waiting()
        .filter(({ dueAt, clientId }) => dueAt <= now && !except.includes(clientId))
        .toSorted((one, other) => one.dueAt.getTime() - other.dueAt.getTime())
      const shares = [...Map.groupBy(due, ({ clientId }) => clientId).values()].map((own) => own.slice(0, perClient))
      const taken = shares.flat().slice(0, most)
      for (const row of taken) Object.assign(row, { dueAt: heldUntil, attempts: row.attempts + 1 })
      return taken.map(({ id, clientId, personId, sid, attempts, until }) => {
        return { id, clientId, personId, sid, attempts, until }
      })
    },
    finish: async (taken) => void (rowOf(taken) && rows.delete(taken.id)),
    postpone: async (taken, next) => void Object.assign(rowOf(taken) ?? {}, next),
    giveUp: async (taken, { at, failure }) => void Object.assign(rowOf(taken) ?? {}, { givenUpAt: at, failure }),
    async giveUpOverdue(now, limit) {
      const overdue = waiting().filter(({ until, dueAt }) => until <= now && dueAt <= now)
      for (const row of overdue.slice(0, limit))
        Object.assign(row, { givenUpAt: now, failure: row.failure ?? 'never_tried' })
      const byClient = Map.groupBy(overdue.slice(0, limit), ({ clientId }) => clientId)
      return [...byClient].map(([clientId, own]) => ({ clientId, count: own.length }))
    },
    async forget(before, limit) {
      const gone = givenUp().filter(({ givenUpAt }) => (givenUpAt ?? before) < before)
      for (const { id } of gone.slice(0, limit)) rows.delete(id)
      return Math.min(gone.length, limit)
    },
    counts: async () => ({ waiting: waiting().length, givenUp: givenUp().length }),
    list: async (which) =>
      (which.givenUp ? givenUp() : waiting())
        .filter(({ clientId }) => which.clientId === null || clientId === which.clientId)
        .slice(0, which.limit),
    async retry({ clientId, now, until }) {
      const again = givenUp().filter((row) => clientId === null || row.clientId === clientId)
      for (const row of again) Object.assign(row, { givenUpAt: null, attempts: 0, dueAt: now, until })
      return again.length
    },
  }
  return {
    store,
    standing: () => [...rows.values()],
    changeAll(changes) {
      for (const row of rows.values()) Object.assign(row, changes)
    },
  }
}
