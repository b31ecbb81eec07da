/** oidc-provider with next to nothing around it, to meet the demo relying parties before the whole server does. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ClientMetadata, type Configuration, Provider } from 'oidc-provider'

export interface SmallProvider {
  issuer: URL
  /** Whoever signs in next; null refuses them. */
  person: { id: string | null }
  /** The kind of each grant that the token endpoint gave. */
  grants: string[]
  /** Answers 503 at the userinfo endpoint while it is true. */
  userinfo: { isDown: boolean }
  provider: Provider
  close(): Promise<void>
}

export async function startSmallProvider(clients: ClientMetadata[], port = 0): Promise<SmallProvider> {
  const server = createServer()
  await listen(server, port)
  const issuer = new URL(`http://localhost:${portOf(server)}`)
  const person: SmallProvider['person'] = { id: 'zhang-san' }
  const grants: string[] = []
  const userinfo = { isDown: false }
  const provider = new Provider(issuer.href.replace(/\/$/, ''), configuration(clients))
  provider.on('grant.success', ({ oidc }) => grants.push(String(oidc.params?.['grant_type'])))

  provider.use(async (ctx, next) => {
    if (ctx.path === '/me' && userinfo.isDown) {
      ctx.status = 503
      return
    }
    if (!ctx.path.startsWith('/interaction/')) return next()
    const result =
      person.id === null ? { error: 'access_denied' } : { login: { accountId: person.id, amr: ['pwd'] }, consent: {} }
    await provider.interactionFinished(ctx.req, ctx.res, result)
    ctx.respond = false
  })
  server.on('request', provider.callback())
  return { issuer, person, grants, userinfo, provider, close: () => close(server) }
}

function configuration(clients: ClientMetadata[]): Configuration {
  return {
    clients,
    cookies: { keys: ['a key that signs nothing of value'] },
    pkce: { required: () => true },
    claims: { openid: ['sub', 'sid', 'auth_time', 'acr', 'amr'], profile: ['name'] },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true },
      backchannelLogout: { enabled: true },
    },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId, name: `<${accountId}>` }) }),
    rotateRefreshToken: true,
    // Its own guard against private addresses would keep it from the loopback relying parties.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
    // Nobody is asked anything here: `prompt=consent` is there for offline_access to be granted.
    async loadExistingGrant(ctx) {
      const { client, session, provider } = ctx.oidc
      if (!client || !session?.accountId) return undefined
      const known = await provider.Grant.find(session.grantIdFor(client.clientId) ?? '')
      const grant = known ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope(String(ctx.oidc.params?.['scope']))
      await grant.save()
      return grant
    },
  }
}

export async function listen(server: Server, port = 0): Promise<void> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
