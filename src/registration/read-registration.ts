/**
 * From what a client says about itself to what is registered, or to what is wrong with it. The rules are those of the
 * clients file, and the token's policy on top. What we do not support is left out, as RFC 7591 §3.2.1 allows: the
 * answer shows what was registered.
 */
import {
  type ClientMetadata,
  KNOWN_SCOPES,
  type Problem,
  type RegistrationPolicy,
  readClientEntry,
} from '../clients/clients.ts'

export type RegisteredClient =
  | { ok: true; metadata: ClientMetadata }
  | { ok: false /** Begins with the field. */; description: string }

/** What may be said, under the names of RFC 7591 and OpenID Connect Dynamic Client Registration. */
export const REGISTRABLE: readonly string[] = [
  ...([
    'client_id',
    'client_name',
    'client_name#en',
    'client_name#zh-CN',
    'application_type',
    'redirect_uris',
  ] as const),
  ...(['post_logout_redirect_uris', 'scope', 'token_endpoint_auth_method', 'grant_types', 'response_types'] as const),
  ...(['id_token_signed_response_alg', 'subject_type', 'backchannel_logout_uri', 'initiate_login_uri'] as const),
  ...(['backchannel_logout_session_required', 'dpop_bound_access_tokens', 'jwks', 'jwks_uri'] as const),
  ...(['require_pushed_authorization_requests', 'require_signed_request_object'] as const),
  ...(['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'] as const),
] as const

/** Whose host tells where data or people go. Pictures and texts are only linked to, and may lie elsewhere. */
const CONFINED = [
  ...(['redirect_uris', 'post_logout_redirect_uris', 'backchannel_logout_uri'] as const),
  ...(['initiate_login_uri', 'jwks_uri', 'client_uri'] as const),
] as const

const GRANTS = ['authorization_code', 'refresh_token']

/** Refused rather than left out: whoever sends them means to have them. */
const OWN_FIELD = /^campus:|^(first_party|pkce_exempt|resources|claims|claim_names|claims_in_id_token|choose_identity)$/

export function readRegistration(
  said: Readonly<Record<string, unknown>>,
  policy: RegistrationPolicy,
): RegisteredClient {
  const own = Object.keys(said).find((name) => OWN_FIELD.test(name))
  if (own !== undefined) return wrong(own, 'not for a client that registers itself')
  const entry = entryOf(said, policy)
  const read = readClientEntry(entry)
  if (!read.ok) return wrongProblem(read.problem)
  const { metadata } = read
  const mistake = beyondPolicy(metadata, policy)
  return mistake ?? { ok: true, metadata }
}

/** As the clients file would say it, with the defaults of the registration protocols. */
function entryOf(said: Readonly<Record<string, unknown>>, policy: RegistrationPolicy): Record<string, unknown> {
  const given = Object.fromEntries(
    REGISTRABLE.flatMap((name) => (said[name] === undefined ? [] : [[name, said[name]]])),
  )
  const grants = Array.isArray(given['grant_types']) ? given['grant_types'] : ['authorization_code']
  const method = given['token_endpoint_auth_method'] ?? 'client_secret_basic'
  const hasSecret = typeof method === 'string' && method.startsWith('client_secret_')
  return {
    ...given,
    grant_types: grants,
    client_name: given['client_name'] ?? hostOf(firstOf(given['redirect_uris'])) ?? 'client',
    scope: given['scope'] ?? defaultScope(policy, grants.includes('refresh_token')),
    // Where nothing is said, it is RS256 (OpenID Connect Dynamic Client Registration §2).
    id_token_signed_response_alg: given['id_token_signed_response_alg'] ?? 'RS256',
    // It will get one, and cannot bring its own.
    ...(hasSecret && { client_secrets: [{ env: 'REGISTERED' }] }),
  }
}

/** `offline_access` belongs to the refresh grant, and to it alone. */
function defaultScope({ scopes }: RegistrationPolicy, refreshes: boolean): string {
  return KNOWN_SCOPES.filter((scope) => scopes.includes(scope) && (scope !== 'offline_access' || refreshes)).join(' ')
}

function beyondPolicy(metadata: ClientMetadata, policy: RegistrationPolicy): RegisteredClient | null {
  const method = metadata.token_endpoint_auth_method
  if (!policy.authMethods.includes(method)) {
    return wrong('token_endpoint_auth_method', `one of ${policy.authMethods.join(', ')} with this token`)
  }
  const scope = metadata.scope.split(' ').find((asked) => !policy.scopes.includes(asked))
  if (scope !== undefined) return wrong('scope', `of ${policy.scopes.join(' ')} with this token`)
  if (metadata.grant_types.some((grant) => !GRANTS.includes(grant))) return wrong('grant_types', GRANTS.join(', '))
  // Of `public` all clients know a person by one identifier: they could put together what each of them knows.
  if (metadata.subject_type === 'public' && !policy.publicSubject)
    return wrong('subject_type', 'pairwise with this token')
  for (const name of CONFINED) {
    const outside = [metadata[name] ?? []].flat().find((uri) => !isWithin(uri, policy))
    if (outside !== undefined) return wrong(name, 'an address on a host that this token allows')
  }
  // Of several hosts one would have to answer for the others (sector_identifier_uri): not for a client nobody vetted.
  const sectors = new Set(metadata.redirect_uris.map((uri) => new URL(uri).host))
  return sectors.size > 1 ? wrong('redirect_uris', 'addresses of one host alone') : null
}

function isWithin(uri: string, { hosts }: RegistrationPolicy): boolean {
  const { protocol, hostname } = new URL(uri)
  if (protocol === 'http:') return hosts.includes('loopback')
  return protocol === 'https:' ? hosts.includes(hostname) : hosts.includes(protocol)
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined
}

function hostOf(uri: unknown): string | null {
  const host = typeof uri === 'string' ? (URL.parse(uri)?.hostname ?? '') : ''
  return host === '' ? null : host
}

function wrongProblem({ path, allowed }: Problem): RegisteredClient {
  return wrong(path.split('/')[1] ?? '', allowed)
}

function wrong(field: string, allowed: string): RegisteredClient {
  return { ok: false, description: `${field}: ${allowed}` }
}
