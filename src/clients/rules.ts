/** What must hold between a client's fields. Each rule looks only at what it can read, so that all speak at once. */
import { brokenClaimRules } from './claim-rules.ts'
import { type Problem, pointer, problemAt } from './problem.ts'
import { type ClientEntry, clientEntry, DEVICE_GRANT } from './schema.ts'
import { KNOWN_SCOPES } from './scopes.ts'
import { httpsUriMistake, logoutUriMistake, redirectUriMistake } from './uris.ts'

/** The fields that are right by themselves, with their defaults; the others are missing. */
type Readable = { [Field in keyof ClientEntry]?: ClientEntry[Field] | undefined }
type Rule = (entry: Readable, raw: Readonly<Record<string, unknown>>) => Problem[]

export function brokenRules(raw: Readonly<Record<string, unknown>>): Problem[] {
  const entry = readableFields(raw)
  return rules.flatMap((rule) => rule(entry, raw))
}

function readableFields(raw: Readonly<Record<string, unknown>>): Readable {
  const fields = Object.entries(clientEntry.shape).flatMap(([name, field]) => {
    const read = field.safeParse(raw[name])
    return read.success ? [[name, read.data]] : []
  })
  return Object.fromEntries(fields) as Readable
}

const identifierIsNobodys: Rule = ({ client_id: id }) => {
  // A client_id must never equal a `sub` or a person's number: an audit row or a token would name either.
  if (id === undefined || !/^\d+$|^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(id)) return []
  return [problemAt(pointer('client_id'), id, 'a word of its own: neither digits alone (a 学工号) nor a uuid')]
}

const redirectsAreExact: Rule = ({ application_type: type }, raw) => {
  if (type === undefined) return []
  return (['redirect_uris', 'post_logout_redirect_uris'] as const).flatMap((name) => {
    const uris: unknown[] = Array.isArray(raw[name]) ? raw[name] : []
    return uris.flatMap((uri, index) => {
      if (typeof uri !== 'string') return []
      const mistake = uris.indexOf(uri) < index ? 'each address once' : redirectUriMistake(uri, type)
      return mistake === null ? [] : [problemAt(pointer(name, index), uri, mistake)]
    })
  })
}

const addressesAreSafe: Rule = (entry) =>
  ADDRESSES.flatMap((name) => {
    const uri = entry[name]
    if (typeof uri !== 'string') return []
    const mistake = name === 'backchannel_logout_uri' ? logoutUriMistake(uri) : httpsUriMistake(uri)
    return mistake === null ? [] : [problemAt(pointer(name), uri, mistake)]
  })

const ADDRESSES = [
  ...(['client_uri', 'logo_uri', 'policy_uri', 'tos_uri', 'jwks_uri'] as const),
  ...(['initiate_login_uri', 'backchannel_logout_uri'] as const),
]

const scopesAreKnown: Rule = ({ scope, grant_types: grants }) => {
  if (scope === undefined || !signsPeopleIn(grants)) return []
  const asked = scope.split(' ')
  const isKnown = asked.every(
    (word, index) => KNOWN_SCOPES.some((known) => known === word) && asked.indexOf(word) === index,
  )
  if (isKnown && asked.includes('openid')) return []
  return [problemAt(pointer('scope'), scope, clientEntry.shape.scope.description ?? '')]
}

const refreshingIsMeant: Rule = ({ scope, grant_types: grants }) => {
  if (scope === undefined || grants === undefined || !signsPeopleIn(grants)) return []
  if (grants.includes('refresh_token') === scope.split(' ').includes('offline_access')) return []
  return [problemAt(pointer('grant_types'), grants, 'refresh_token if and only if offline_access is in scope')]
}

/** A client that signs nobody in calls resource servers on its own account, and is nothing else. */
const grantsFitTogether: Rule = ({ grant_types: grants, redirect_uris: uris }, raw) => {
  if (grants === undefined && raw['grant_types'] !== undefined) return []
  if (grants?.some((grant, index) => grants.indexOf(grant) < index)) {
    return [problemAt(pointer('grant_types'), grants, 'each grant type once')]
  }
  if (grants === undefined || grants.includes('authorization_code')) {
    if (uris?.length !== 0) return []
    const { description = '' } = clientEntry.shape.redirect_uris
    const isMissing = raw['redirect_uris'] === undefined
    return [problemAt(pointer('redirect_uris'), raw['redirect_uris'], `${isMissing ? 'required: ' : ''}${description}`)]
  }
  const needless = (fields: readonly string[], grant: string) =>
    fields
      .filter((field) => isGiven(raw[field]))
      .map((field) => problemAt(pointer(field), undefined, `left out: it is for clients with the grant type ${grant}`))
  if (signsPeopleIn(grants)) return needless(FOR_BROWSERS, 'authorization_code')
  if (grants.includes('refresh_token')) {
    const allowed = 'authorization_code or the device grant must be among them, for there to be a refresh'
    return [problemAt(pointer('grant_types'), grants, allowed)]
  }
  return needless([...FOR_BROWSERS, ...FOR_PEOPLE], 'authorization_code')
}

const FOR_BROWSERS = [
  ...['redirect_uris', 'post_logout_redirect_uris', 'response_types', 'pkce_exempt', 'initiate_login_uri'],
  ...['require_pushed_authorization_requests', 'require_signed_request_object'],
]

const FOR_PEOPLE = [
  ...['backchannel_logout_uri', 'scope', 'subject_type', 'id_token_signed_response_alg', 'first_party'],
  ...['claims', 'claim_names', 'claims_in_id_token', 'choose_identity', 'preset'],
]

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)
}

function signsPeopleIn(grants: readonly string[] | undefined): boolean {
  return grants === undefined || grants.includes('authorization_code') || grants.includes(DEVICE_GRANT)
}

const servicesAreConfidential: Rule = ({ grant_types: grants, token_endpoint_auth_method: method, resources }) => {
  if (!grants?.includes('client_credentials')) return []
  const path = pointer('grant_types')
  if (method === 'none') {
    return [problemAt(path, grants, 'client_credentials only for a client with a secret or a key (RFC 6749 §4.4)')]
  }
  return resources?.length === 0
    ? [problemAt(pointer('resources'), undefined, 'required: client_credentials needs at least one resource server')]
    : []
}

const resourcesAreUsable: Rule = ({ grant_types: grants, resources, first_party: firstParty }) => {
  if (resources === undefined || resources.length === 0 || firstParty === undefined) return []
  if (grants?.includes('client_credentials') || firstParty) return []
  const allowed = 'none, unless grant_types has client_credentials or first_party is true: nobody is asked for them'
  return [problemAt(pointer('resources'), undefined, allowed)]
}

const secretsFitTheMethod: Rule = ({ token_endpoint_auth_method: method, client_secrets: secrets }, raw) => {
  if (method === undefined) return []
  const needsSecret = method === 'client_secret_basic' || method === 'client_secret_post'
  const path = pointer('client_secrets')
  if (needsSecret && secrets?.length === 0) {
    return [problemAt(path, undefined, `${method} needs at least one reference to a secret`)]
  }
  const hasSome = Array.isArray(raw['client_secrets']) && raw['client_secrets'].length > 0
  return !needsSecret && hasSome ? [problemAt(path, undefined, `none with token_endpoint_auth_method ${method}`)] : []
}

const keysFitTheirUse: Rule = ({ jwks, jwks_uri: jwksUri, ...entry }) => {
  const { token_endpoint_auth_method: method, require_signed_request_object: signs } = entry
  if (method === undefined || signs === undefined || jwks === undefined || jwksUri === undefined) return []
  const given = [jwks, jwksUri].filter((keys) => keys !== null).length
  if (method === 'private_key_jwt' || signs) {
    const user = signs ? 'require_signed_request_object' : method
    return given === 1 ? [] : [problemAt(pointer('jwks'), undefined, `${user} needs either jwks or jwks_uri`)]
  }
  if (given === 0) return []
  const allowed = 'only with private_key_jwt or require_signed_request_object'
  return [problemAt(pointer(jwks === null ? 'jwks_uri' : 'jwks'), undefined, allowed)]
}

const keysArePublic: Rule = ({ jwks }) =>
  (jwks?.keys ?? []).flatMap((key, index) => {
    const isPublic = (key['kty'] === 'EC' || key['kty'] === 'RSA') && !('d' in key)
    return isPublic
      ? []
      : [problemAt(pointer('jwks', 'keys', index), undefined, 'a public key: EC or RSA, without "d"')]
  })

const nativeIsPublic: Rule = ({ application_type: type, token_endpoint_auth_method: method }) => {
  if (type !== 'native' || method === undefined || method === 'none') return []
  // What is installed with everybody is no secret (RFC 8252 §8.5).
  return [problemAt(pointer('token_endpoint_auth_method'), method, 'none, because application_type is native')]
}

const exemptionIsConfidential: Rule = ({ pkce_exempt: reason, token_endpoint_auth_method: method }) => {
  if (typeof reason !== 'string' || method !== 'none') return []
  return [problemAt(pointer('pkce_exempt'), reason, 'left out: a public client always uses PKCE (RFC 9700 §2.1.1)')]
}

const sessionNeedsAddress: Rule = (entry) => {
  if (entry.backchannel_logout_session_required !== true || entry.backchannel_logout_uri !== null) return []
  return [problemAt(pointer('backchannel_logout_session_required'), true, 'false without backchannel_logout_uri')]
}

const claimsAreItsOwn: Rule = (entry) =>
  entry.scope === undefined || !signsPeopleIn(entry.grant_types) ? [] : brokenClaimRules(entry)

const rules: readonly Rule[] = [
  identifierIsNobodys,
  redirectsAreExact,
  addressesAreSafe,
  scopesAreKnown,
  claimsAreItsOwn,
  refreshingIsMeant,
  grantsFitTogether,
  servicesAreConfidential,
  resourcesAreUsable,
  secretsFitTheMethod,
  keysFitTheirUse,
  keysArePublic,
  nativeIsPublic,
  exemptionIsConfidential,
  sessionNeedsAddress,
]
