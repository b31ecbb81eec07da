/**
 * The shape of the clients file, field by field. Each description is at once what the JSON Schema says and what a
 * mistake is answered with; what concerns several fields together stands in rules.ts.
 */
import { z } from 'zod'
import type { ClientMetadata, ResourceServerMetadata } from './clients.ts'
import { PRESETS } from './presets.ts'
import { KNOWN_SCOPES } from './scopes.ts'

/** RFC 8628 §3.4. */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

const NAME_LENGTH_MAX = 60
const LIST_LENGTH_MAX = 50

/** Control characters and marks of direction could make one name look like another on the consent page. */
const displayName = z
  .string()
  .max(NAME_LENGTH_MAX)
  .regex(/^[^\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}](?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*[^\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}])?$/u)
const uri = z.string().min(1)
const uris = z.array(uri).max(LIST_LENGTH_MAX)

export const secretReference = z.union([
  z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
  z.strictObject({ file: z.string().min(1) }),
])

/** RFC 6749 §3.3 would allow more; these are easy to read in a list of several. */
const resourceScope = z.string().regex(/^[a-z0-9][a-z0-9._:-]{0,63}$/)
const resourceScopes = z.array(resourceScope).min(1).max(LIST_LENGTH_MAX)

export const clientEntry = z.strictObject({
  client_id: z
    .string()
    .regex(/^[A-Za-z0-9._~-]{3,64}$/)
    .describe('3 to 64 characters of A-Z a-z 0-9 . _ ~ -; unique; neither digits alone (a 学工号) nor a uuid'),
  client_name: displayName.describe(
    `The name that people read, in Chinese where there is one: up to ${NAME_LENGTH_MAX} printable characters`,
  ),
  'client_name#zh-CN': displayName.optional().describe('The Chinese name, where client_name is not Chinese'),
  'client_name#en': displayName.optional().describe('The English name; without it client_name is shown'),
  application_type: z
    .enum(['web', 'native'])
    .default('web')
    .describe('"web" for what runs on a server or in a browser, "native" for what is installed on a device'),
  redirect_uris: uris
    .default([])
    .describe(
      '1 to 50 exact addresses: https, http on 127.0.0.1 or [::1], or a scheme of its own for native; ' +
        'none where grant_types has no authorization_code',
    ),
  post_logout_redirect_uris: uris.default([]).describe('Up to 50 exact addresses, by the rules of redirect_uris'),
  scope: z
    .string()
    .default('openid')
    .describe(`What it may ask for: "openid", and any of ${KNOWN_SCOPES.slice(1).join(', ')}, separated by spaces`),
  token_endpoint_auth_method: z
    .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
    .default('client_secret_basic')
    .describe('client_secret_basic, client_secret_post, private_key_jwt, or none for a public client'),
  client_secrets: z
    .array(secretReference)
    .max(3)
    .default([])
    .describe('Up to 3 references, {"env": "NAME"} or {"file": "path"}, all accepted at once; never a secret itself'),
  grant_types: z
    .array(z.enum(['authorization_code', 'refresh_token', 'client_credentials', DEVICE_GRANT]))
    .optional()
    .describe(
      `authorization_code or ${DEVICE_GRANT} (a device that shows a code, RFC 8628), with refresh_token where ` +
        'offline_access is in scope; client_credentials, alone or beside them, for a confidential client that calls ' +
        'resource servers on its own account; none, [], for one that only asks about tokens (introspection_client); ' +
        'follows scope if left out',
    ),
  resources: z
    .array(z.strictObject({ identifier: uri, scopes: resourceScopes }))
    .max(LIST_LENGTH_MAX)
    .default([])
    .describe(
      'Up to 50 of {"identifier": …, "scopes": [ … ]}: the resource_servers of this file that it may call, and with ' +
        'which of their scopes; for client_credentials, and for first_party clients in the name of a person',
    ),
  response_types: z
    .array(z.literal('code'))
    .length(1)
    .optional()
    .describe('["code"]: the authorization code flow; left out where grant_types has no authorization_code'),
  id_token_signed_response_alg: z.enum(['ES256', 'RS256']).default('ES256').describe('ES256 or RS256'),
  claims: z
    .array(z.string())
    .max(LIST_LENGTH_MAX)
    .nullable()
    .default(null)
    .describe('Of the claims of its scopes, those that it gets; all of them if left out'),
  claim_names: z
    .record(z.string(), z.string().regex(/^[A-Za-z][A-Za-z0-9_.:-]{0,63}$/))
    .default({})
    .describe(
      'Other names for claims, such as {"campus_id": "uid"}: 1 to 64 of A-Z a-z 0-9 _ . : - beginning with a letter, ' +
        'none of a protocol (sub, iss, exp …), none twice',
    ),
  claims_in_id_token: z
    .boolean()
    .default(false)
    .describe('true: the ID token carries the claims too, for software that does not ask the userinfo endpoint'),
  choose_identity: z
    .boolean()
    .default(false)
    .describe('true: whoever has several identities (学工号) chooses the one under which this client knows them'),
  preset: z
    .enum(PRESETS)
    .optional()
    .describe('"shibboleth-gateway": the fields that such a gateway needs, unless they are given'),
  subject_type: z
    .enum(['pairwise', 'public'])
    .default('pairwise')
    .describe('pairwise: a sub that no other relying party knows; public: the same sub for all that register public'),
  first_party: z.boolean().default(false).describe('true: the school answers for it, and nobody is asked for consent'),
  pkce_exempt: z
    .string()
    .min(10)
    .max(500)
    .nullable()
    .default(null)
    .describe('The reason, in 10 to 500 characters, why this confidential client cannot do PKCE; otherwise left out'),
  backchannel_logout_uri: uri
    .nullable()
    .default(null)
    .describe('Where a logout token is posted: https, or http on loopback'),
  backchannel_logout_session_required: z
    .boolean()
    .default(false)
    .describe('true: the logout token names the session (sid); needs backchannel_logout_uri'),
  dpop_bound_access_tokens: z
    .boolean()
    .default(false)
    .describe('true: no token without a proof of possession (DPoP, RFC 9449); others may send one'),
  require_pushed_authorization_requests: z
    .boolean()
    .default(false)
    .describe('true: a sign-in begins with a pushed request (RFC 9126) and in no other way'),
  require_signed_request_object: z
    .boolean()
    .default(false)
    .describe('true: a sign-in begins with a signed request (RFC 9101) and in no other way; needs jwks or jwks_uri'),
  initiate_login_uri: uri
    .nullable()
    .default(null)
    .describe('Where it begins a sign-in that somebody else asks for (third-party initiated login): an https address'),
  client_uri: uri.nullable().default(null).describe('Its home page: an https address'),
  logo_uri: uri.nullable().default(null).describe('Its picture: an https address'),
  policy_uri: uri.nullable().default(null).describe('What it does with personal data: an https address'),
  tos_uri: uri.nullable().default(null).describe('Its terms of use: an https address'),
  jwks_uri: uri
    .nullable()
    .default(null)
    .describe('Its public keys, for private_key_jwt and signed requests: an https address, asked by the server'),
  jwks: z
    .strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1) })
    .nullable()
    .default(null)
    .describe('Its public keys themselves, instead of jwks_uri; never a private part'),
})

export type ClientEntry = z.output<typeof clientEntry>

/** Nobody can call back a JWT: its lifetime is how long one lives on that should not. */
const ACCESS_TOKEN_SECONDS = { min: 60, max: 3_600, default: 600 }

export const resourceServerEntry = z.strictObject({
  identifier: uri.describe(
    'Its address, https or http on loopback: what clients send as resource, and tokens carry as aud',
  ),
  name: displayName.describe(`The name that people read: up to ${NAME_LENGTH_MAX} printable characters`),
  scopes: resourceScopes.describe(
    'What there is to be allowed there: 1 to 50 words of a-z 0-9 . _ : -, none of them a scope of a person’s claims',
  ),
  access_token_format: z
    .enum(['opaque', 'jwt'])
    .default('opaque')
    .describe('opaque: asked about by introspection, void at once; jwt: checked by the resource server itself'),
  access_token_seconds: z
    .int()
    .min(ACCESS_TOKEN_SECONDS.min)
    .max(ACCESS_TOKEN_SECONDS.max)
    .default(ACCESS_TOKEN_SECONDS.default)
    .describe(`How long an access token is good: ${ACCESS_TOKEN_SECONDS.min} to ${ACCESS_TOKEN_SECONDS.max} seconds`),
  signing_alg: z.enum(['ES256', 'RS256']).default('ES256').describe('ES256 or RS256, for access_token_format jwt'),
  introspection_client: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('The client_id, in this file, by which it asks about opaque tokens; needed for opaque, not used for jwt'),
})

export type ResourceServerEntry = z.output<typeof resourceServerEntry>

export const clientsFile = z
  .strictObject({
    $schema: z.string().optional().describe('Where editors find this schema'),
    clients: z.array(clientEntry).describe('The relying parties; one that is taken out is disabled, never deleted'),
    resource_servers: z
      .array(resourceServerEntry)
      .default([])
      .describe('The APIs of the school (RFC 8707) that clients call with access tokens'),
  })
  .describe('The clients of the school that Campus ID knows before anybody opens its console')

/** What docs/integration/clients.schema.json holds; scripts/write-clients-schema.ts writes it. */
export function clientsJsonSchema(): object {
  return z.toJSONSchema(clientsFile, { io: 'input' })
}

export function metadataOf(entry: ClientEntry): ClientMetadata {
  const {
    client_id: _id,
    client_secrets: _secrets,
    'client_name#zh-CN': nameInChinese,
    'client_name#en': nameInEnglish,
    scope,
    grant_types: declaredGrants,
    response_types: _always,
    preset: _expanded,
    ...rest
  } = entry
  const scopes = scope.split(' ')
  const grants = declaredGrants ?? [
    'authorization_code',
    ...(scopes.includes('offline_access') ? ['refresh_token'] : []),
  ]
  const signsPeopleIn = grants.includes('authorization_code') || grants.includes(DEVICE_GRANT)
  const client_name_i18n: Record<string, string> = {}
  if (nameInChinese !== undefined) client_name_i18n['zh-CN'] = nameInChinese
  if (nameInEnglish !== undefined) client_name_i18n['en'] = nameInEnglish
  return {
    ...rest,
    client_name_i18n,
    scope: signsPeopleIn ? KNOWN_SCOPES.filter((known) => scopes.includes(known)).join(' ') : '',
    grant_types: grants,
    response_types: grants.includes('authorization_code') ? ['code'] : [],
  }
}

export function resourceServerOf({ identifier: _, ...metadata }: ResourceServerEntry): ResourceServerMetadata {
  return metadata
}
