/**
 * What a resource server learns of an access token that was presented to it (RFC 7662): only of one that was issued for
 * it, only by the client that it is registered with, and only while person, client and session are as they should be.
 * Everybody else is told `active: false`, as of a token that never was. JWTs are refused by the library: whoever can
 * check one has no need to ask.
 */
import type { AccessToken, Client, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { ClientDirectory } from '../clients/clients.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { kindOf, noteOf } from './notes.ts'
import { registeredScopes } from './resource-indicators.ts'

type Needs = Pick<Campus, 'audit'> & Pick<ClientDirectory, 'resourceServers'>

type Asked = (ctx: KoaContextWithOIDC, client: Client, token: object) => Promise<boolean>

export function createIntrospection({ resourceServers, audit }: Needs, gatekeeper: Gatekeeper): Asked {
  return async (ctx, client, token) => {
    if (!isAccessToken(token) || typeof token.aud !== 'string') return false
    const server = await resourceServers.find(token.aud)
    if (server === null || server.disabledAt !== null) return false
    if (server.metadata.introspection_client !== client.clientId) {
      const row = {
        ...noteOf(ctx),
        event: 'introspection.refused',
        result: 'refused',
        reason: 'not_for_client',
      } as const
      audit.note(row, kindOf(row))
      return false
    }
    // Its registration counts as it is now: what was taken from it since is gone from its tokens too.
    const holder = token.clientId === undefined ? undefined : await ctx.oidc.provider.Client.find(token.clientId)
    const registered = holder ? registeredScopes(holder, server.id) : null
    if (registered === null || !(await isInForce(gatekeeper, token))) return false
    token.scope = [...token.scopes].filter((scope) => registered.includes(scope)).join(' ')
    // The name of the session between the person and the client is none of the resource server's business.
    if ('sid' in token) token.sid = undefined
    return true
  }
}

function isAccessToken(token: object): token is AccessToken | ClientCredentials {
  return 'kind' in token && (token.kind === 'AccessToken' || token.kind === 'ClientCredentials')
}

async function isInForce(gatekeeper: Gatekeeper, token: AccessToken | ClientCredentials): Promise<boolean> {
  const clientId = token.clientId ?? null
  const party =
    token.kind === 'AccessToken'
      ? { personId: token.accountId, clientId, sessionUid: token.sessionUid ?? null }
      : { personId: null, clientId, sessionUid: null }
  const since = token.kind === 'AccessToken' ? await gatekeeper.beginningOf(token) : token.iat
  return (await gatekeeper.answer(party, since)).allowed
}
