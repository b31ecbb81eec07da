/**
 * PROFILE=conformance: anybody may register a client, which is taken at its word, as the certification of an OpenID
 * provider asks for. No other profile starts on a database that holds such clients (src/registration).
 */
import type { Campus } from '../campus.ts'
import { type ClientMetadata, type ClientRegistration, KNOWN_SCOPES, ownClient } from '../clients/clients.ts'
import { seal, unseal } from '../keys/keys.ts'

type Needs = Pick<Campus, 'config' | 'random'>

/** What it said, under the names of the protocol; none of our own fields among it, nor its secret. */
export function openDocument(said: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = Object.entries(said).filter(([name]) => !name.startsWith('campus:') && name !== 'client_secret')
  return { scope: KNOWN_SCOPES.join(' '), ...Object.fromEntries(kept) }
}

/** For lists, consent pages, and whom to tell of the end of a session; otherwise what counts is the document. */
export function openMetadata(issuer: string, document: Readonly<Record<string, unknown>>): ClientMetadata {
  const texts = (name: string) => listOf(document[name])
  return {
    ...ownClient(issuer).metadata,
    client_name: typeof document['client_name'] === 'string' ? document['client_name'] : 'client',
    client_name_i18n: {},
    redirect_uris: texts('redirect_uris'),
    post_logout_redirect_uris: texts('post_logout_redirect_uris'),
    grant_types: texts('grant_types'),
    response_types: texts('response_types'),
    token_endpoint_auth_method: String(document['token_endpoint_auth_method'] ?? 'client_secret_basic'),
    scope: String(document['scope']),
    id_token_signed_response_alg: String(document['id_token_signed_response_alg'] ?? 'RS256'),
    subject_type: document['subject_type'] === 'pairwise' ? 'pairwise' : 'public',
    first_party: false,
    backchannel_logout_uri: textOf(document['backchannel_logout_uri']),
    backchannel_logout_session_required: document['backchannel_logout_session_required'] === true,
    client_uri: null,
  }
}

const sealedFor = (id: string) => ({ purpose: 'client secret', id })

/** Registration management shows a secret again, and tokens are signed with it. */
export function sealSecret(
  { config, random }: Needs,
  id: string,
  secret: string,
): NonNullable<ClientRegistration['sealedSecret']> {
  const { sealed, sealedBy } = seal(random, config.keyEncryptionKeys, sealedFor(id), Buffer.from(secret))
  return { sealed: Buffer.from(sealed).toString('base64'), sealedBy }
}

export function openSecret(
  { config }: Pick<Needs, 'config'>,
  id: string,
  { sealed, sealedBy }: NonNullable<ClientRegistration['sealedSecret']>,
): string {
  const bytes = { sealed: new Uint8Array(Buffer.from(sealed, 'base64')), sealedBy }
  return Buffer.from(unseal(config.keyEncryptionKeys, sealedFor(id), bytes)).toString()
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}
