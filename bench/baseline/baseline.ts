/**
 * B, what everything else is measured against: oidc-provider as it comes, in one process, over an unbounded Map. It
 * hashes no password, keeps nothing on disk, counts nobody's tries, writes no log and no audit, and signs RS256. It has
 * the clients, scopes, claims and addresses of Campus ID, so that one load generator speaks to both.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Context } from 'koa'
import {
  type ClientMetadata,
  type Configuration,
  interactionPolicy,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider'
import { API_SCOPE, APIS, CLIENTS, type ClientOfBench } from '../load/clients.ts'
import { mapStore } from './map-store.ts'
import { signInPage } from './sign-in-page.ts'

const DAY = 24 * 60 * 60

const port = Number(process.env['PORT'])
const provider = new Provider(`http://localhost:${port}`, configuration())
provider.use(pages)
provider.listen(port, '127.0.0.1')

function configuration(): Configuration {
  return {
    adapter: mapStore(),
    clients: CLIENTS.map(metadataOf),
    jwks: { keys: [newSigningKey()] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    pkce: { required: () => true },
    scopes: ['openid', 'profile', 'campus_basic', 'campus_org', 'offline_access'],
    claims: {
      openid: ['sub', 'acr', 'amr', 'auth_time'],
      profile: ['name', 'preferred_username'],
      campus_basic: ['campus_id', 'name', 'campus_type', 'campus_status'],
      campus_org: ['campus_org_name'],
    },
    findAccount: (_ctx, accountId) => ({ accountId, claims: async () => claimsOf(accountId) }),
    loadExistingGrant: grantAtOnce,
    // Campus ID rotates and detaches from the session where offline_access is granted; here the client decides.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async (_ctx, token) => !String(token.clientId).startsWith('app'),
    rotateRefreshToken: true,
    interactions: { policy: policy(), url: (_ctx, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, indicator) => ({
          scope: API_SCOPE,
          accessTokenFormat: APIS.find(({ identifier }) => identifier === indicator)?.format ?? 'opaque',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 60,
      ClientCredentials: 600,
      Grant: 22 * DAY,
      IdToken: 600,
      Interaction: 900,
      RefreshToken: 14 * DAY,
      Session: 7 * DAY,
    },
  }
}

function metadataOf({ id, secret, grants, redirectUris }: ClientOfBench): ClientMetadata {
  return {
    client_id: id,
    ...(secret !== null && { client_secret: secret }),
    token_endpoint_auth_method: secret === null ? 'none' : 'client_secret_post',
    application_type: secret === null ? 'native' : 'web',
    grant_types: [...grants],
    redirect_uris: [...redirectUris],
    response_types: redirectUris.length > 0 ? ['code'] : [],
    id_token_signed_response_alg: 'RS256',
  }
}

function newSigningKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }
}

const claimsOf = (accountId: string) => ({
  sub: accountId,
  name: '吴兰',
  preferred_username: accountId,
  campus_id: accountId,
  campus_type: 'undergraduate',
  campus_status: 'active',
})

/** A first-party client gets a refresh token for asking (`prompt=consent`), without a page. */
function policy() {
  const prompts = interactionPolicy.base()
  for (const check of ['consent_prompt', 'native_client_prompt']) prompts.get('consent')?.checks.remove(check)
  return prompts
}

/** What a first-party client asks for is granted, and nobody sees a page. */
async function grantAtOnce(ctx: KoaContextWithOIDC) {
  const { client, session, provider: own } = ctx.oidc
  if (!client || !session?.accountId) return undefined
  const known = session.grantIdFor(client.clientId)
  const standing = known === undefined ? undefined : await own.Grant.find(known)
  if (standing) return standing
  const grant = new own.Grant({ clientId: client.clientId, accountId: session.accountId })
  grant.addOIDCScope([...ctx.oidc.requestParamOIDCScopes].join(' '))
  await grant.save()
  return grant
}

async function pages(ctx: Context, next: () => Promise<void>): Promise<void> {
  const [, folder, uid, step] = ctx.path.split('/')
  if (folder === 'readyz') {
    ctx.body = 'ready'
    return
  }
  if (folder !== 'interaction') return next()
  await provider.interactionDetails(ctx.req, ctx.res)
  if (ctx.method === 'GET' && uid !== undefined && step === undefined) {
    ctx.type = 'html'
    ctx.body = signInPage(uid)
    return
  }
  const form = new URLSearchParams(await bodyOf(ctx))
  const login = { accountId: form.get('login') ?? '', amr: ['pwd'] }
  ctx.respond = false
  await provider.interactionFinished(ctx.req, ctx.res, { login })
}

async function bodyOf({ req }: Context): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
