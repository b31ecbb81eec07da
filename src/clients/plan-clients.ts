/** What applying a clients file would do, before it is done. */
import type { Campus } from '../campus.ts'
import type { ClientRecord, ResourceServerRecord } from './clients.ts'

export type DeclaredClient = Pick<ClientRecord, 'id' | 'metadata' | 'secretHashes'>
export type DeclaredResourceServer = Pick<ResourceServerRecord, 'id' | 'metadata'>

/** What a clients file says. */
export interface Declared {
  clients: readonly DeclaredClient[]
  resourceServers: readonly DeclaredResourceServer[]
}

/** The school's clients file, or the product itself: the demo's relying parties. Neither touches the other's. */
export type DeclaredBy = 'file' | 'built-in'

/** Identifiers of clients, and of resource servers: those are addresses, so none is taken for the other. */
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
  needs: Pick<Campus, 'clients' | 'resourceServers'>,
  declared: Declared,
): Promise<ClientPlan> {
  return await planWith(needs, declared, { declaredBy: 'file' })
}

/** `held` as in `ClientStore.list`: what was planned then still holds when it is done. */
export async function planWith(
  { clients, resourceServers }: Pick<Campus, 'clients' | 'resourceServers'>,
  declared: Declared,
  { declaredBy, held }: { declaredBy: DeclaredBy; held?: true },
): Promise<ClientPlan> {
  const ofClients = planAgainst(await clients.list(held && { held }), declared.clients, declaredBy)
  const ofServers = planAgainst(await resourceServers.list(), declared.resourceServers, declaredBy)
  return {
    created: [...ofClients.created, ...ofServers.created],
    changed: [...ofClients.changed, ...ofServers.changed],
    unchanged: [...ofClients.unchanged, ...ofServers.unchanged],
    disabled: [...ofClients.disabled, ...ofServers.disabled],
    conflicts: [...ofClients.conflicts, ...ofServers.conflicts],
  }
}

/** A client or a resource server, as far as a plan looks at it. */
interface Entry {
  id: string
  metadata: object
  secretHashes?: readonly string[]
}

type StoredEntry = Entry & Pick<ClientRecord, 'managedBy' | 'disabledAt'>

/** Of two declared with one identifier, from two files, the later counts. */
export function planAgainst(
  records: readonly StoredEntry[],
  declared: readonly Entry[],
  declaredBy: DeclaredBy = 'file',
): ClientPlan {
  const plan: ClientPlan = { created: [], changed: [], unchanged: [], disabled: [], conflicts: [] }
  const recordById = new Map(records.map((record) => [record.id, record]))
  const declaredById = new Map(declared.map((entry) => [entry.id, entry]))
  for (const [id, entry] of declaredById) {
    const record = recordById.get(id)
    if (record === undefined) plan.created.push(id)
    else if (record.managedBy !== declaredBy) plan.conflicts.push({ id, managedBy: record.managedBy })
    else {
      const fields = changedFields(record, entry)
      if (fields.length === 0) plan.unchanged.push(id)
      else plan.changed.push({ id, fields })
    }
  }
  for (const { id, managedBy, disabledAt } of records) {
    if (managedBy === declaredBy && disabledAt === null && !declaredById.has(id)) plan.disabled.push(id)
  }
  return plan
}

function changedFields(record: StoredEntry, declared: Entry): string[] {
  const [before, after] = [fieldsOf(record), fieldsOf(declared)]
  const names = new Set([...before.keys(), ...after.keys()])
  const fields = [...names].filter((name) => before.get(name) !== after.get(name))
  return [...fields, ...(record.disabledAt === null ? [] : ['enabled'])]
}

/** In a form that can be compared. Secrets have no order. */
function fieldsOf({ metadata, secretHashes }: Entry): Map<string, string> {
  const fields = new Map(Object.entries(metadata).map(([name, value]) => [name, canonical(value)]))
  if (secretHashes !== undefined) fields.set('client_secrets', canonical(secretHashes.toSorted()))
  return fields
}

/** The database orders keys in its own way. The order of a list stays: the first redirect address names the sector. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`
}
