/** What applying a clients file would do, before it is done. */
import type { Campus } from '../campus.ts'
import type { ClientMetadata, ClientRecord } from './clients.ts'

export type DeclaredClient = Pick<ClientRecord, 'id' | 'metadata' | 'secretHashes'>

/** The school's clients file, or the product itself: the demo's relying parties. Neither touches the other's. */
export type DeclaredBy = 'file' | 'built-in'

export interface ClientPlan {
  created: string[]
  /** `fields` are names of the metadata, `client_secrets`, or `enabled` for one that comes back. */
  changed: { id: string; fields: string[] }[]
  unchanged: string[]
  /** The file had them once, and has them no more. */
  disabled: string[]
  /** Declared, but administered elsewhere: nothing is applied while there are any. */
  conflicts: { id: string; managedBy: ClientRecord['managedBy'] }[]
}

export async function planClients(
  needs: Pick<Campus, 'clients'>,
  declared: readonly DeclaredClient[],
): Promise<ClientPlan> {
  return planAgainst(await needs.clients.list(), declared)
}

/** Of two declared with one identifier, from two files, the later counts. */
export function planAgainst(
  records: readonly ClientRecord[],
  declared: readonly DeclaredClient[],
  declaredBy: DeclaredBy = 'file',
): ClientPlan {
  const plan: ClientPlan = { created: [], changed: [], unchanged: [], disabled: [], conflicts: [] }
  const recordById = new Map(records.map((record) => [record.id, record]))
  const declaredById = new Map(declared.map((client) => [client.id, client]))
  for (const [id, client] of declaredById) {
    const record = recordById.get(id)
    if (record === undefined) plan.created.push(id)
    else if (record.managedBy !== declaredBy) plan.conflicts.push({ id, managedBy: record.managedBy })
    else {
      const fields = changedFields(record, client)
      if (fields.length === 0) plan.unchanged.push(id)
      else plan.changed.push({ id, fields })
    }
  }
  for (const { id, managedBy, disabledAt } of records) {
    if (managedBy === declaredBy && disabledAt === null && !declaredById.has(id)) plan.disabled.push(id)
  }
  return plan
}

function changedFields(record: ClientRecord, declared: DeclaredClient): string[] {
  const before: Partial<ClientMetadata> = record.metadata
  const names = new Set([...keysOf(before), ...keysOf(declared.metadata)])
  const fields = [...names].filter((name) => canonical(before[name]) !== canonical(declared.metadata[name]))
  const haveSecretsChanged = canonical(record.secretHashes.toSorted()) !== canonical(declared.secretHashes.toSorted())
  return [
    ...fields,
    ...(haveSecretsChanged ? ['client_secrets'] : []),
    ...(record.disabledAt === null ? [] : ['enabled']),
  ]
}

function keysOf(metadata: Partial<ClientMetadata>): (keyof ClientMetadata)[] {
  return Object.keys(metadata) as (keyof ClientMetadata)[]
}

/** The database orders keys in its own way. The order of a list stays: the first redirect address names the sector. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`
}
