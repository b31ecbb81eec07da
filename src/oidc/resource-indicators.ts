/**
 * Which resource servers (RFC 8707) a client may ask for, on its own account or in the name of a person, and how the
 * access tokens for them look. Whatever it may not ask for does not exist, as far as it is told.
 */
import { type Client, type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { ClientDirectory, ResourceServerRecord } from '../clients/clients.ts'
import { traitsOf } from './client-records.ts'
import type { Shield } from './unavailable.ts'

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>

type Settings = Required<Pick<ResourceIndicators, 'defaultResource' | 'getResourceServerInfo' | 'useGrantedResource'>>

export function resourceIndicators(
  { resourceServers }: Pick<ClientDirectory, 'resourceServers'>,
  shield: Shield,
): Settings {
  return {
    /** Most libraries do not send `resource` with client credentials, and most services call one API. */
    async defaultResource(ctx, client, oneOf) {
      if (oneOf !== undefined) return oneOf
      // The types do not know it: undefined is none, where an empty list would be taken for some.
      if (!isOnOwnAccount(ctx)) return undefined as never
      const [only, ...others] = traitsOf(client)['campus:resources']
      if (only !== undefined && others.length === 0) return only.identifier
      throw new errors.InvalidTarget('name one resource server')
    },

    getResourceServerInfo: shield(async (ctx, identifier, client) => {
      if (isOnOwnAccount(ctx)) assertAlone(ctx, client)
      const scopes = scopesFor(ctx, client, identifier)
      const server = scopes === null ? null : await resourceServers.find(identifier)
      if (scopes === null || server === null || server.disabledAt !== null) {
        throw new errors.InvalidTarget('this client may not ask for this resource')
      }
      const { metadata } = server
      const offered = scopes.filter((scope) => metadata.scopes.includes(scope))
      if (isOnOwnAccount(ctx)) settleScope(ctx, offered)
      return {
        scope: offered.join(' '),
        audience: identifier,
        accessTokenTTL: metadata.access_token_seconds,
        accessTokenFormat: metadata.access_token_format,
        ...(metadata.access_token_format === 'jwt' && { jwt: { sign: { alg: metadata.signing_alg } } }),
      }
    }),

    // Where a token request names no resource, its access token is for userinfo.
    useGrantedResource: () => false,
  }
}

/** What the client may do at this resource server; null where it is not registered for it. */
export function registeredScopes(client: Client, identifier: string): string[] | null {
  return traitsOf(client)['campus:resources'].find((resource) => resource.identifier === identifier)?.scopes ?? null
}

/** A person has a `sub` of their own with each host that asks: here it is the host of the resource server's address. */
export function sectorOfResource({ id }: Pick<ResourceServerRecord, 'id'>): string {
  return new URL(id).host
}

/** Where a resource server asks about a person's token: its sector, whosever the token is. */
export function sectorOfAsker(ctx: KoaContextWithOIDC | undefined): string | null {
  if (ctx?.oidc.route !== 'introspection') return null
  const { AccessToken: token } = ctx.oidc.entities
  return typeof token?.aud === 'string' ? sectorOfResource({ id: token.aud }) : null
}

function isOnOwnAccount({ oidc: { params, route } }: KoaContextWithOIDC): boolean {
  return route === 'token' && params?.['grant_type'] === 'client_credentials'
}

/** Nobody is asked for consent to resource servers: only the school's own clients reach them in a person's name. */
function scopesFor(ctx: KoaContextWithOIDC, client: Client, identifier: string): string[] | null {
  const mayAsk = isOnOwnAccount(ctx) || traitsOf(client)['campus:first_party']
  return mayAsk ? registeredScopes(client, identifier) : null
}

/** Of several the library would take notice only after their scopes were mixed; of a public client, never. */
function assertAlone({ oidc: { params } }: KoaContextWithOIDC, client: Client): void {
  if (client.clientAuthMethod === 'none') throw new errors.UnauthorizedClient('only confidential clients may do this')
  if (Array.isArray(params?.['resource'])) throw new errors.InvalidTarget('name one resource server')
}

/** RFC 6749 §3.3: whoever names no scope gets all that it is registered for; of what it names, what is allowed. */
function settleScope({ oidc }: KoaContextWithOIDC, offered: readonly string[]): void {
  const { params } = oidc
  if (!params) return
  const asked = typeof params['scope'] === 'string' && params['scope'] !== '' ? params['scope'].split(' ') : null
  if (asked === null) params['scope'] = offered.join(' ')
  else if (!asked.some((scope) => offered.includes(scope))) {
    throw new errors.InvalidScope('none of these scopes is allowed', asked.join(' '))
  }
}
