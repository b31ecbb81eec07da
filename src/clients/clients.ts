/** Relying parties and the resource servers that they call: what they are, their secrets (hashed), the file of both. */
import type { ClaimTerms } from './scopes.ts'

export { type Application, applicationsToOpen, initiationAddress } from './applications.ts'
export { type AppliedClients, applyClients, applyClientsAtStart, assertEditable } from './apply-clients.ts'
export { rememberClients } from './known-clients.ts'
export { OWN_CLIENT_ID, OWN_REDIRECT_PATH, ownClient } from './own-client.ts'
export {
  type ClientPlan,
  type Declared,
  type DeclaredClient,
  type DeclaredResourceServer,
  planClients,
} from './plan-clients.ts'
export { describeProblem, type Problem } from './problem.ts'
export { readClientEntry } from './read-client-entry.ts'
export { readClientsFile } from './read-clients-file.ts'
export { DEVICE_GRANT } from './schema.ts'
export {
  CLAIMS_OF_SCOPE,
  type ClaimTerms,
  claimsOf,
  claimsWithin,
  inItsTerms,
  KNOWN_SCOPES,
} from './scopes.ts'
export { createSecretReader } from './secret-sources.ts'
export { hashSecret, type ReadSecret, type SecretReference } from './secrets.ts'

/** RFC 7591 metadata that we support, plus our own fields; src/clients/schema.ts holds the exact shape. */
export interface ClientRecord {
  id: string
  /** Where it is administered: what `file` manages is read-only elsewhere. */
  managedBy: 'file' | 'staff' | 'built-in' | 'dynamic'
  metadata: ClientMetadata
  /** `sha256:<base64url>` of each secret that is accepted now; several while one is being changed. */
  secretHashes: string[]
  disabledAt: Date | null
  /** Of a dynamic client alone. */
  registration?: ClientRegistration | null
}

/** What an initial access token may register (src/registration). */
export interface RegistrationPolicy {
  /** Hosts of every address that it names, without port; `loopback`, and schemes of apps such as `cn.edu.example:`. */
  hosts: string[]
  scopes: string[]
  authMethods: string[]
  /** Its clients may ask for `subject_type=public`, by which they could compare people with others. Absent: not. */
  publicSubject?: true
}

/** How a client came that registered itself, and how it manages itself. */
export interface ClientRegistration {
  /** The initial access token, and what it allowed; null where anybody could register (PROFILE=conformance). */
  tokenId: string | null
  policy: RegistrationPolicy | null
  /** Of the registration access token (RFC 7592), as secrets are hashed; null while there is none. */
  accessHash: string | null
  /** In epoch seconds. */
  issuedAt: number
  /** All that it said, where it is taken at its word (PROFILE=conformance); otherwise the metadata say what counts. */
  document: Record<string, unknown> | null
  /** Where the answer to a later question shows it again (PROFILE=conformance). */
  sealedSecret: { sealed: string; sealedBy: string } | null
}

export interface ClientMetadata extends ClaimTerms {
  client_name: string
  /** The name in other languages, by BCP 47 tag (RFC 7591 §2.2). */
  client_name_i18n: Record<string, string>
  redirect_uris: string[]
  post_logout_redirect_uris: string[]
  grant_types: string[]
  response_types: string[]
  token_endpoint_auth_method: string
  /** Empty for a client that signs nobody in. */
  scope: string
  /** What it may call, on its own account or (a first-party client) for a person: resource servers by identifier. */
  resources: { identifier: string; scopes: string[] }[]
  /** What it may know stands in the ID token as well. */
  claims_in_id_token: boolean
  /** Whoever has several identities chooses the one that it is told of. */
  choose_identity: boolean
  id_token_signed_response_alg: string
  subject_type: 'pairwise' | 'public'
  application_type: 'web' | 'native'
  /** No consent page: the school answers for it. */
  first_party: boolean
  /** PKCE is required unless this is set, with the reason, for a confidential client that cannot do it. */
  pkce_exempt: string | null
  backchannel_logout_uri: string | null
  backchannel_logout_session_required: boolean
  /** No token without a proof of possession (RFC 9449). */
  dpop_bound_access_tokens: boolean
  /** Its requests come by PAR alone (RFC 9126). */
  require_pushed_authorization_requests: boolean
  /** Its requests are signed (RFC 9101). */
  require_signed_request_object: boolean
  /** Where it begins a sign-in that somebody else asks for (OpenID Connect Core §4). */
  initiate_login_uri: string | null
  client_uri: string | null
  logo_uri: string | null
  policy_uri: string | null
  tos_uri: string | null
  jwks_uri: string | null
  jwks: { keys: Record<string, unknown>[] } | null
}

export interface ClientStore {
  find(id: string): Promise<ClientRecord | null>
  /** By id. `held`: nobody else's held list is answered until this transaction ends. */
  list(options?: { held: true }): Promise<ClientRecord[]>
  /**
   * Creates or replaces, and enables again what was disabled, unless it manages itself: then it keeps what it does so
   * by. Rejects with the code `client_managed_elsewhere` where a client of this id is managed by another.
   */
  put(client: Omit<ClientRecord, 'disabledAt'>): Promise<void>
  /** False where there is none, or it was disabled before: of racing ones, one is told true. */
  disable(id: string, at: Date): Promise<boolean>
  /** The enabled client that manages itself by what has this hash. */
  findByRegistrationAccess(hash: string): Promise<ClientRecord | null>
  /** Of a dynamic client; null takes it away. */
  setRegistrationAccess(id: string, hash: string | null): Promise<void>
}

/** An API that accepts our access tokens (RFC 8707). Its identifier is an address, and so never a client's. */
export interface ResourceServerRecord {
  id: string
  managedBy: ClientRecord['managedBy']
  metadata: ResourceServerMetadata
  disabledAt: Date | null
}

export interface ResourceServerMetadata {
  name: string
  scopes: string[]
  access_token_format: 'opaque' | 'jwt'
  access_token_seconds: number
  /** Of a JWT. */
  signing_alg: 'ES256' | 'RS256'
  /** The only client that may ask about its opaque tokens; null where they are JWTs. */
  introspection_client: string | null
}

export interface ResourceServerStore {
  find(id: string): Promise<ResourceServerRecord | null>
  /** By id. `ClientStore.list({ held: true })` holds these too. */
  list(): Promise<ResourceServerRecord[]>
  /** As `ClientStore.put`. */
  put(resourceServer: Omit<ResourceServerRecord, 'disabledAt'>): Promise<void>
  disable(id: string, at: Date): Promise<void>
}

/** What a request asks of both. */
export interface ClientDirectory {
  clients: Pick<ClientStore, 'find'>
  resourceServers: Pick<ResourceServerStore, 'find'>
}
