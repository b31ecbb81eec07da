/** Makes the stored clients and resource servers what the clients file says they are. */
import type { Campus, Stores } from '../campus.ts'
import { refusals } from '../errors.ts'
import type { ClientRecord } from './clients.ts'
import { type Declared, type DeclaredBy, planWith } from './plan-clients.ts'

/** `actor` as in the audit: `operator:<name>`, or `system` at start. */
type Needs = Pick<Campus, 'transaction' | 'clock' | 'changes'> & { actor: string; declaredBy?: DeclaredBy }

/** Identifiers of clients and resource servers. One that comes back after it was disabled counts as changed. */
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
export async function applyClients(needs: Needs, declared: Declared): Promise<AppliedClients> {
  const { left: _, ...applied } = await apply(needs, declared, { disables: true })
  // In this process at once. Others look within a second; and so does this one, where it cannot now.
  await needs.changes.refresh().catch(() => undefined)
  return applied
}

const ADVICE: Record<DeclaredBy, string> = {
  file: 'no longer in CLIENTS_FILE: run campus-id client apply <file> to disable',
  'built-in': 'no longer declared by this version: left as they are',
}

/**
 * What `applyClients` does, short of disabling: that ends tokens for good, and nobody is there to be asked whether the
 * server was started with the right file.
 */
export async function applyClientsAtStart(needs: Needs & Pick<Campus, 'log'>, declared: Declared): Promise<void> {
  const { created, changed, left } = await apply(needs, declared, { disables: false })
  if (created.length + changed.length > 0) needs.log.info({ created, changed }, 'applied the declared clients')
  if (left.length > 0) needs.log.warn({ clients: left }, ADVICE[needs.declaredBy ?? 'file'])
}

/** `left` are those that are declared no more, and were not disabled. */
async function apply(
  needs: Needs,
  declared: Declared,
  { disables }: { disables: boolean },
): Promise<AppliedClients & { left: string[] }> {
  const { declaredBy = 'file' } = needs
  return await needs.transaction(async (stores) => {
    const plan = await planWith(stores, declared, { declaredBy, held: true })
    if (plan.conflicts.length > 0) {
      const whose = plan.conflicts.map(({ id, managedBy }) => `${id} (${managedBy})`).join(', ')
      throw refusals.clientManagedElsewhere(
        new Error(`the clients file names what is administered elsewhere: ${whose}`),
      )
    }

    const written = [...plan.created.map((id) => ({ id, fields: null })), ...plan.changed]
    const put = putting(stores, declared, declaredBy)
    for (const { id, fields } of written) {
      await put.get(id)?.()
      await recordWritten(needs, stores, id, fields)
    }
    const [disabled, left] = disables ? [plan.disabled, []] : [[], plan.disabled]
    for (const id of disabled) await disable(needs, stores, id)

    const { created, unchanged } = plan
    return { created, changed: plan.changed.map(({ id }) => id), unchanged, disabled, left }
  })
}

/** How each of the declared is written; of two with one identifier, from two files, the later. */
function putting(
  { clients, resourceServers }: Stores,
  declared: Declared,
  managedBy: DeclaredBy,
): Map<string, () => Promise<void>> {
  return new Map([
    ...declared.clients.map((client) => [client.id, () => clients.put({ ...client, managedBy })] as const),
    ...declared.resourceServers.map(
      (server) => [server.id, () => resourceServers.put({ ...server, managedBy })] as const,
    ),
  ])
}

/** An address, which no client_id can be. */
const isResourceServer = (id: string) => id.includes('://')

function aboutOne(actor: string, id: string) {
  return isResourceServer(id)
    ? ({ kind: 'resource-server', row: { result: 'success', actor, subject: `resource-server:${id}` } } as const)
    : ({ kind: 'client', row: { result: 'success', actor, subject: `client:${id}`, client: id } } as const)
}

async function recordWritten({ actor }: Needs, { audit }: Stores, id: string, fields: string[] | null): Promise<void> {
  const { kind, row } = aboutOne(actor, id)
  if (fields === null) return await audit.record({ ...row, event: `${kind}.created` })
  const others = fields.filter((field) => field !== 'enabled')
  if (others.length < fields.length) await audit.record({ ...row, event: `${kind}.enabled` })
  if (others.length > 0) await audit.record({ ...row, event: `${kind}.changed`, details: { fields: others.join(' ') } })
}

async function disable({ actor, clock }: Needs, stores: Stores, id: string): Promise<void> {
  const at = clock()
  const { kind, row } = aboutOne(actor, id)
  if (kind === 'resource-server') await stores.resourceServers.disable(id, at)
  else {
    await stores.clients.disable(id, at)
    // What it holds must not come to life again when the client does.
    await stores.notBefore.set('client', id, { at, reason: 'client_disabled', expiresAt: null })
  }
  await stores.audit.record({ ...row, event: `${kind}.disabled` })
}

/** Throws `refusals.clientReadOnly` unless staff administer this client: the file's are changed in the file. */
export function assertEditable({ managedBy }: Pick<ClientRecord, 'managedBy'>): void {
  if (managedBy !== 'staff') throw refusals.clientReadOnly()
}
