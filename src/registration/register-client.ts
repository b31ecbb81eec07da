/**
 * The acts of a client that manages itself, and its end by an operator; each is kept together with its row in the
 * audit, or not at all.
 */
import type { AuditEvent } from '../audit/audit.ts'
import type { Campus, Stores } from '../campus.ts'
import type { ClientRecord } from '../clients/clients.ts'

type Needs = Pick<Campus, 'clock' | 'changes'> & RegistrationTransaction

/** As much of `Campus.transaction` as they need. */
export interface RegistrationTransaction {
  transaction<Result>(
    work: (
      stores: Pick<Stores, 'clients' | 'registrationTokens' | 'consents' | 'notBefore' | 'audit'>,
    ) => Promise<Result>,
  ): Promise<Result>
}

/** Where the request came from, for the audit. */
type Origin = Pick<AuditEvent, 'address' | 'request'>

type Registering = Omit<ClientRecord, 'disabledAt' | 'managedBy'>

/** False where the token was revoked or used up meanwhile: then nothing is registered. */
export async function registerClient(needs: Needs, client: Registering, origin: Origin): Promise<boolean> {
  const tokenId = client.registration?.tokenId ?? null
  const isRegistered = await needs.transaction(async ({ clients, registrationTokens, audit }) => {
    if (tokenId !== null && !(await registrationTokens.use(tokenId, needs.clock()))) return false
    await clients.put({ ...client, managedBy: 'dynamic' })
    const actor = tokenId === null ? 'system' : `registration-token:${tokenId}`
    await audit.record({ ...origin, ...aboutClient(client.id), event: 'client.registered', result: 'success', actor })
    return true
  })
  await knowAtOnce(needs)
  return isRegistered
}

/** People allowed it by the host that the consent page named: elsewhere it begins anew, with nothing that it holds. */
export async function changeRegistered(needs: Needs, client: Registering, origin: Origin): Promise<void> {
  await needs.transaction(async ({ clients, consents, notBefore, audit }) => {
    const before = await clients.find(client.id)
    await clients.put({ ...client, managedBy: 'dynamic' })
    if (before !== null && hostsOf(before.metadata).join() !== hostsOf(client.metadata).join()) {
      await consents.withdrawAll(client.id)
      await notBefore.set('client', client.id, { at: needs.clock(), reason: 'client_moved', expiresAt: null })
    }
    const actor = `client:${client.id}`
    await audit.record({ ...origin, ...aboutClient(client.id), event: 'client.changed', result: 'success', actor })
  })
  await knowAtOnce(needs)
}

export async function removeRegistered(needs: Needs, id: string, origin: Origin): Promise<void> {
  await needs.transaction((stores) =>
    endRegistered(needs, stores, id, { ...origin, event: 'client.removed', actor: `client:${id}` }),
  )
  await knowAtOnce(needs)
}

/** `unknown`: there is no such client. `elsewhere`: it did not register itself, and others administer it. */
export type Disabling =
  | { outcome: 'disabled' | 'before' | 'unknown' }
  | { outcome: 'elsewhere'; managedBy: Exclude<ClientRecord['managedBy'], 'dynamic'> }

/** For good: nobody signs in to it any more, and it cannot come back by itself. A second time writes nothing. */
export async function disableRegistered(needs: Needs & { actor: string }, id: string): Promise<Disabling> {
  const disabling = await needs.transaction<Disabling>(async (stores) => {
    const client = await stores.clients.find(id)
    if (client === null) return { outcome: 'unknown' }
    if (client.managedBy !== 'dynamic') return { outcome: 'elsewhere', managedBy: client.managedBy }
    const ended = await endRegistered(needs, stores, id, { event: 'client.disabled', actor: needs.actor })
    return { outcome: ended ? 'disabled' : 'before' }
  })
  await knowAtOnce(needs)
  return disabling
}

/** Disabled and never deleted: consents and rows of the audit name it. What it holds is over. False where it was. */
async function endRegistered(
  { clock }: Pick<Needs, 'clock'>,
  { clients, notBefore, audit }: Pick<Stores, 'clients' | 'notBefore' | 'audit'>,
  id: string,
  row: Origin & Pick<AuditEvent, 'event' | 'actor'>,
): Promise<boolean> {
  const at = clock()
  if (!(await clients.disable(id, at))) return false
  await notBefore.set('client', id, { at, reason: 'client_disabled', expiresAt: null })
  await audit.record({ ...row, ...aboutClient(id), result: 'success' })
  return true
}

/** In this process; others look within a second, and so does this one where it cannot now. */
async function knowAtOnce({ changes }: Pick<Campus, 'changes'>): Promise<void> {
  await changes.refresh().catch(() => undefined)
}

function hostsOf({ redirect_uris: uris }: ClientRecord['metadata']): string[] {
  const hosts = uris.map((uri) => {
    const { host, protocol } = new URL(uri)
    return host || protocol
  })
  return [...new Set(hosts)].sort()
}

function aboutClient(id: string) {
  return { subject: `client:${id}`, client: id }
}
