/** Clients as the library wants them. It only ever reads them: they are administered in src/clients. */
import { timingSafeEqual } from 'node:crypto'
import type { Adapter, Client, ClientMetadata as LibraryMetadata, Provider } from 'oidc-provider'
import { z } from 'zod'
import type { Campus } from '../campus.ts'
import { type ClientRecord, hashSecret } from '../clients/clients.ts'
import type { VisitClient } from './oidc.ts'

/** Our own fields in the library's document. */
const ours = z.object({
  'campus:first_party': z.boolean(),
  'campus:pkce_exempt': z.boolean(),
  'campus:sector': z.string(),
  'campus:secret_hashes': z.array(z.string()),
  'campus:resources': z.array(z.object({ identifier: z.string(), scopes: z.array(z.string()) })),
  'campus:names': z.record(z.string(), z.string()),
})

export const CLIENT_PROPERTIES = Object.keys(ours.shape)

export type ClientTraits = z.output<typeof ours>

/** Every client was made by `clientDocument`; anything else is a bug. */
export function traitsOf(client: Client): ClientTraits {
  return ours.parse(client)
}

/** No client_id of ours is longer or of other characters (src/clients); nothing else is worth a query. */
const CLIENT_ID = /^[A-Za-z0-9._~-]{1,64}$/

export function createClientRecords({ clients, random }: Pick<Campus, 'clients' | 'random'>): Adapter {
  // The library insists on a clear secret where one is used. Nobody knows this one, and nothing is compared with it.
  const nobodysSecret = random.token(32)
  return {
    async find(id) {
      const record = CLIENT_ID.test(id) ? await clients.find(id) : null
      return record === null || record.disabledAt !== null ? undefined : clientDocument(record, nobodysSecret)
    },
    async upsert() {
      throw new Error('clients are administered in src/clients')
    },
    async destroy() {
      throw new Error('clients are administered in src/clients')
    },
    consume: async () => undefined,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  }
}

export function clientDocument({ id, metadata, secretHashes }: ClientRecord, nobodysSecret: string): LibraryMetadata {
  const { client_name_i18n: names, first_party: firstParty, pkce_exempt: pkceExempt, ...others } = metadata
  const { resources, scope, ...standard } = others
  const usesSecret = metadata.token_endpoint_auth_method.startsWith('client_secret_')
  const sector = sectorOf(metadata.redirect_uris)
  return parseLibraryMetadata({
    ...withoutNulls(standard),
    client_id: id,
    ...(scope !== '' && { scope }),
    ...(usesSecret && { client_secret: nobodysSecret }),
    // Also for `public`, which is one sector for all: the library would otherwise show the person's own identifier.
    subject_type: 'pairwise',
    ...(sector.hosts !== 1 && { sector_identifier_uri: `https://${sector.name}/` }),
    'campus:first_party': firstParty,
    'campus:pkce_exempt': pkceExempt !== null,
    'campus:sector': metadata.subject_type === 'public' ? 'public' : sector.name,
    'campus:secret_hashes': secretHashes,
    'campus:resources': resources,
    'campus:names': names,
  })
}

/** Of a client that signs nobody in, and so hears of nobody (RFC 2606: a name that is no host). */
const NO_SECTOR = 'service.invalid'

/**
 * The first address names the sector, so that a second host can be added without a change of every `sub`. The library
 * wants such a client to publish a sector_identifier_uri; ours are vetted, and nothing is fetched from there
 * (`sectorIdentifierUriValidate`). An app's own scheme has no host and stands for itself.
 */
function sectorOf(redirectUris: readonly string[]): { name: string; hosts: number } {
  const sectors = redirectUris.map((uri) => {
    const { host, protocol } = new URL(uri)
    return host || protocol.slice(0, -1)
  })
  return { name: sectors[0] ?? NO_SECTOR, hosts: new Set(sectors).size }
}

function withoutNulls(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

/** src/clients has checked every field; the library checks them again when it makes a client of the document. */
function parseLibraryMetadata(document: Record<string, unknown>): LibraryMetadata {
  return document as LibraryMetadata
}

/** Secrets are kept hashed, several while one is being changed; which of them it was takes no different time. */
export function compareHashedSecrets(provider: Provider): void {
  provider.Client.prototype.compareClientSecret = function compare(this: Client, presented: string): boolean {
    const hash = Buffer.from(hashSecret(presented))
    const matches = traitsOf(this)['campus:secret_hashes'].map((stored) => {
      const known = Buffer.from(stored)
      return known.length === hash.length && timingSafeEqual(known, hash)
    })
    return matches.includes(true)
  }
}

export function visitClientOf(client: Client): VisitClient {
  const { 'campus:names': nameIn, 'campus:first_party': firstParty } = traitsOf(client)
  return {
    id: client.clientId,
    name: client.clientName ?? client.clientId,
    nameIn,
    uri: client.clientUri ?? null,
    logoUri: client.logoUri ?? null,
    policyUri: client.policyUri ?? null,
    tosUri: client.tosUri ?? null,
    firstParty,
  }
}
