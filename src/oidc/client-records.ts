/** Clients as the library wants them. It reads them, and writes those that register themselves (registrar.ts). */
import { timingSafeEqual } from 'node:crypto'
import type { Adapter, Client, Configuration, ClientMetadata as LibraryMetadata, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import {
  type ClaimTerms,
  type ClientDirectory,
  type ClientRecord,
  DEVICE_GRANT,
  hashSecret,
} from '../clients/clients.ts'
import type { VisitClient } from './oidc.ts'
import type { Registrar } from './registrar.ts'

type ExtraFieldValidator = NonNullable<NonNullable<Configuration['extraClientMetadata']>['validator']>

/** Our own fields in the library's document. */
export interface ClientTraits {
  'campus:first_party': boolean
  'campus:pkce_exempt': boolean
  'campus:sector': string
  'campus:secret_hashes': string[]
  'campus:resources': { identifier: string; scopes: string[] }[]
  'campus:names': Record<string, string>
  'campus:claims': ClaimTerms
  'campus:claims_in_id_token': boolean
  'campus:choose_identity': boolean
  /** It may ask to be let in by a code that it shows. */
  'campus:device': boolean
  /** Nobody here has looked at it. */
  'campus:self_registered': boolean
}

/** Names in other languages (RFC 7591 §2.2), of which the library has not heard. */
const LANGUAGE_NAMES = ['client_name#en', 'client_name#zh-CN'] as const

export const CLIENT_PROPERTIES = [
  ...LANGUAGE_NAMES,
  ...['campus:first_party', 'campus:pkce_exempt', 'campus:sector', 'campus:secret_hashes', 'campus:resources'],
  ...['campus:names', 'campus:claims', 'campus:claims_in_id_token', 'campus:choose_identity', 'campus:device'],
  'campus:self_registered',
] as const satisfies readonly (keyof ClientTraits | (typeof LANGUAGE_NAMES)[number])[]

/**
 * With a request at hand the document is what a client says of itself, and what is ours is not for it to say: it could
 * pass for one whose sector was looked at before.
 */
export const forgetOurFields: ExtraFieldValidator = (ctx, name, _value, metadata) => {
  if (ctx !== undefined && name.startsWith('campus:')) delete metadata[name]
}

/** Every client was made by `clientDocument`; anything else is a bug. Asked often, it looks no deeper. */
export function traitsOf(client: Client): ClientTraits {
  if (!isOfOurs(client)) throw new Error(`the client ${client.clientId} was not made here`)
  return client
}

function isOfOurs(client: Client): client is Client & ClientTraits {
  return 'campus:sector' in client && 'campus:resources' in client
}

/** No client_id of ours is longer or of other characters (src/clients); nothing else is worth a query. */
const CLIENT_ID = /^[A-Za-z0-9._~-]{1,64}$/

interface Parts {
  config: Pick<Campus['config'], 'profile'>
  /** The library insists on a clear secret where one is used. Nobody knows this one: it is compared with nothing. */
  nobodysSecret: string
  registrar: Registrar
}

export function createClientRecords({
  clients,
  config,
  nobodysSecret,
  registrar,
}: Pick<ClientDirectory, 'clients'> & Parts): Adapter {
  // A record that is remembered (src/clients) is the same each time, and so is what is made of it.
  const documents = new WeakMap<ClientRecord, LibraryMetadata>()

  function documentOf(record: ClientRecord): LibraryMetadata {
    const document =
      documents.get(record) ?? frozen(clientDocument(record, nobodysSecret, registrar.openClient(record)))
    documents.set(record, document)
    return document
  }

  /**
   * Nobody's word is taken outside of certification. A start refuses such a database (src/registration), and a server
   * for certification may have been let in to it since.
   */
  function isServed({ disabledAt, registration }: ClientRecord): boolean {
    return disabledAt === null && (config.profile === 'conformance' || !registration?.document)
  }

  return {
    async find(id) {
      const record = CLIENT_ID.test(id) ? await clients.find(id) : null
      return record !== null && isServed(record) ? documentOf(record) : undefined
    },
    // Only by a client that registers itself; all others are administered in src/clients.
    async upsert(id, said) {
      const { client_secret: given, token_endpoint_auth_method: method, client_id_issued_at: at } = said
      const hasSecret = method === undefined || String(method).startsWith('client_secret_')
      const secret = given === nobodysSecret ? undefined : String(given)
      await registrar.keep(id, { secret: hasSecret ? secret : null, issuedAt: Number(at), said })
    },
    destroy: (id) => registrar.remove(id),
    consume: async () => undefined,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  }
}

function clientDocument(
  { id, managedBy, metadata, secretHashes, registration }: ClientRecord,
  nobodysSecret: string,
  open: Record<string, unknown> | null = null,
): LibraryMetadata {
  const { client_name_i18n: names, first_party: firstParty, pkce_exempt: pkceExempt, ...others } = metadata
  const { resources, scope, claims, claim_names, claims_in_id_token, choose_identity, ...rest } = others
  const { grant_types: grants, ...standard } = rest
  const usesSecret = metadata.token_endpoint_auth_method.startsWith('client_secret_')
  const sector = sectorOf(id, metadata.redirect_uris)
  const shared = open?.['sector_identifier_uri']
  return parseLibraryMetadata({
    ...withoutNulls(standard),
    ...namesIn(names),
    client_id: id,
    grant_types: grants.filter((grant) => grant !== DEVICE_GRANT),
    ...(registration && { client_id_issued_at: registration.issuedAt }),
    ...(scope !== '' && { scope }),
    ...(usesSecret && { client_secret: nobodysSecret }),
    ...(sector.hosts !== 1 && { sector_identifier_uri: MADE_UP_SECTOR }),
    ...open,
    // Also for `public`, which is one sector for all: the library would otherwise show the person's own identifier.
    subject_type: 'pairwise',
    'campus:first_party': firstParty,
    'campus:pkce_exempt': pkceExempt !== null,
    'campus:sector':
      metadata.subject_type === 'public' ? 'public' : typeof shared === 'string' ? new URL(shared).host : sector.name,
    'campus:secret_hashes': secretHashes,
    'campus:resources': resources,
    'campus:names': names,
    'campus:claims': { claims, claim_names },
    'campus:claims_in_id_token': claims_in_id_token,
    'campus:choose_identity': choose_identity,
    'campus:device': grants.includes(DEVICE_GRANT),
    'campus:self_registered': managedBy === 'dynamic',
  })
}

/** Of a client without an address (RFC 2606: a name that is no host). */
const NO_HOST = 'service.invalid'

/** What the library wants of a client with several hosts, or with none. Nobody fetches it. */
export const MADE_UP_SECTOR = 'https://sector.invalid/'

/**
 * The first address names the sector, so that a second host can be added without a change of every `sub`. The library
 * wants such a client to publish a sector_identifier_uri; ours are vetted, and nothing is fetched from there
 * (`sectorIdentifierUriValidate`). An app's own scheme has no host and stands for itself, and so does a client that has
 * no address at all: what it knows of people, by devices that show a code, no other client shares.
 */
function sectorOf(id: string, redirectUris: readonly string[]): { name: string; hosts: number } {
  const sectors = redirectUris.map((uri) => {
    const { host, protocol } = new URL(uri)
    return host || protocol.slice(0, -1)
  })
  return { name: sectors[0] ?? `${NO_HOST}/${id}`, hosts: new Set(sectors).size }
}

/** As the protocol writes them. */
export function namesIn(names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([language, name]) => [`client_name#${language}`, name]))
}

/** The library is lent one object for many requests. */
function frozen<Value extends object>(value: Value): Value {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) frozen(part)
  return Object.freeze(value)
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

/**
 * The library takes the sector of a client that has the device grant from where its keys are, and so makes it have such
 * an address. Ours have a sector, and the grant stands beside the document.
 */
export function admitDevices(provider: Provider): void {
  const { grantTypeAllowed } = provider.Client.prototype
  provider.Client.prototype.grantTypeAllowed = function allowed(this: Client, grant: string): boolean {
    return grant === DEVICE_GRANT ? traitsOf(this)['campus:device'] : grantTypeAllowed.call(this, grant)
  }
}

export function visitClientOf(client: Client): VisitClient {
  const traits = traitsOf(client)
  return {
    id: client.clientId,
    name: client.clientName ?? client.clientId,
    nameIn: traits['campus:names'],
    uri: client.clientUri ?? null,
    logoUri: client.logoUri ?? null,
    policyUri: client.policyUri ?? null,
    tosUri: client.tosUri ?? null,
    firstParty: traits['campus:first_party'],
    unvettedHosts: traits['campus:self_registered'] ? hostsOf(client.redirectUris ?? []) : null,
  }
}

function hostsOf(uris: readonly string[]): string[] {
  const hosts = uris.map((uri) => {
    const { host, protocol } = new URL(uri)
    return host || protocol
  })
  return [...new Set(hosts)]
}
