/** What the provider says of itself, taken from the library once for each change of keys. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Koa, { type Middleware } from 'koa'
import type { Config } from '../config.ts'
import { fixPublicAddress } from '../http/public-address.ts'
import { type PublicDocument, publicDocument } from '../http/public-documents.ts'
import { routeNameOf } from '../http/route-name.ts'

/** `/.well-known/oauth-authorization-server` is the same document, for clients that know RFC 8414 alone. */
const PATHS = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/jwks'] as const

/** The bytes that the library would send to somebody who asks at our issuer's address. */
export async function takeDocuments(
  provider: Middleware,
  config: Pick<Config, 'issuer' | 'trustedProxies'>,
): Promise<ReadonlyMap<string, PublicDocument>> {
  const app = new Koa()
  fixPublicAddress(app, config)
  const taken = PATHS.map(async (path) => {
    const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: path })
    const ctx = app.createContext(request, new ServerResponse(request))
    await provider(ctx, async () => undefined)
    if (ctx.status !== 200 || typeof ctx.body !== 'object')
      throw new Error(`the provider has nothing to say at ${path}`)
    const type = ctx.response.get('Content-Type')
    return [path, publicDocument({ route: routeNameOf(ctx), text: JSON.stringify(ctx.body), type })] as const
  })
  return new Map(await Promise.all(taken))
}
