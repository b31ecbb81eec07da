/** Makes the stored clients what the clients file says they are. */
import type { Campus, Stores } from '../campus.ts'
import { refusals } from '../errors.ts'
import type { ClientRecord } from './clients.ts'
import { type DeclaredBy, type DeclaredClient, planAgainst } from './plan-clients.ts'

/** `actor` as in the audit: `operator:<name>`, or `system` at start. */
type Needs = Pick<Campus, 'transaction' | 'clock'> & { actor: string; declaredBy?: DeclaredBy }

/** Identifiers of clients. One that comes back after it was disabled counts as changed. */
export interface AppliedClients {
  created: string[]
  changed: string[]
  unchanged: string[]
  disabled: string[]
}

/**
 * All of it or none, with a row in the audit for each effect; applied again, it writes nothing. Throws
 * `refusals.clientManagedElsewhere` where the file declares what others administer.
 */
export async function applyClients(needs: Needs, declared: readonly DeclaredClient[]): Promise<AppliedClients> {
  const { declaredBy = 'file' } = needs
  return await needs.transaction(async (stores) => {
    const plan = planAgainst(await stores.clients.list({ held: true }), declared, declaredBy)
    if (plan.conflicts.length > 0) {
      const whose = plan.conflicts.map(({ id, managedBy }) => `${id} (${managedBy})`).join(', ')
      throw refusals.clientManagedElsewhere(
        new Error(`the clients file names what is administered elsewhere: ${whose}`),
      )
    }

    const declaredById = new Map(declared.map((client) => [client.id, client]))
    const written = [...plan.created.map((id) => ({ id, fields: null })), ...plan.changed]
    for (const { id, fields } of written) {
      const client = declaredById.get(id)
      if (client === undefined) continue
      await stores.clients.put({ ...client, managedBy: declaredBy })
      await recordWritten(needs, stores, id, fields)
    }
    for (const id of plan.disabled) await disable(needs, stores, id)

    const { created, unchanged, disabled } = plan
    return { created, changed: plan.changed.map(({ id }) => id), unchanged, disabled }
  })
}

async function recordWritten({ actor }: Needs, { audit }: Stores, id: string, fields: string[] | null): Promise<void> {
  const about = { result: 'success', actor, subject: `client:${id}`, client: id } as const
  if (fields === null) return await audit.record({ ...about, event: 'client.created' })
  const others = fields.filter((field) => field !== 'enabled')
  if (others.length < fields.length) await audit.record({ ...about, event: 'client.enabled' })
  if (others.length > 0)
    await audit.record({ ...about, event: 'client.changed', details: { fields: others.join(' ') } })
}

async function disable({ actor, clock }: Needs, { audit, clients, notBefore }: Stores, id: string): Promise<void> {
  const at = clock()
  await clients.disable(id, at)
  // What it holds must not come to life again when the client does.
  await notBefore.set('client', id, { at, reason: 'client_disabled', expiresAt: null })
  await audit.record({ event: 'client.disabled', result: 'success', actor, subject: `client:${id}`, client: id })
}

/** Throws `refusals.clientReadOnly` unless staff administer this client: the file's are changed in the file. */
export function assertEditable({ managedBy }: Pick<ClientRecord, 'managedBy'>): void {
  if (managedBy !== 'staff') throw refusals.clientReadOnly()
}
