/**
 * Scheme, host and client address as this house sees them. The first two come from the configured issuer and from no
 * header, so that nothing a stranger sends can end up in an address that we print, redirect to or send.
 */
import type { IncomingMessage } from 'node:http'
import type Koa from 'koa'
import type { Middleware, Request } from 'koa'
import type { Config } from '../config.ts'
import { refusals } from '../errors.ts'
import { createAddresses } from './client-address.ts'

/** Replaces what Koa would read from Host and X-Forwarded-*; the provider, mounted in the same app, sees the same. */
export function fixPublicAddress(
  app: Koa,
  { issuer, trustedProxies }: Pick<Config, 'issuer' | 'trustedProxies'>,
): void {
  const { protocol, host } = new URL(issuer)
  const { clientAddress } = createAddresses(trustedProxies)
  Object.defineProperties(app.request, {
    protocol: { value: protocol.replace(':', '') },
    host: { value: host },
    ip: {
      get(this: Request) {
        return clientAddress(this.req)
      },
    },
  })
}

/**
 * Requests for another host are not ours to answer (DNS rebinding, a poisoned cache, a wrong proxy). The default port
 * may be spelled out or left away. The target must be a path: a proxy's absolute form could name another host.
 */
export function knownHostOnly(issuer: string): Middleware {
  const known = hostsOf(issuer)
  return (ctx, next) => {
    if (!ctx.req.url?.startsWith('/') && ctx.req.url !== '*') throw refusals.malformedRequest()
    if (!known.has(soleHostOf(ctx.req))) throw refusals.unknownHost()
    return next()
  }
}

/** How a request for us may name us. */
export function hostsOf(issuer: string): ReadonlySet<string> {
  const { host, hostname, protocol } = new URL(issuer)
  const defaultPort = protocol === 'https:' ? 443 : 80
  return new Set([host, ...(host === hostname ? [`${host}:${defaultPort}`] : [])])
}

/** Empty where there is none, or more than one. */
export function soleHostOf({ rawHeaders, headers }: IncomingMessage): string {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (isHost(rawHeaders[index] ?? '')) count += 1
  }
  return count === 1 ? (headers.host?.toLowerCase() ?? '') : ''
}

function isHost(name: string): boolean {
  return name.length === 'host'.length && name.toLowerCase() === 'host'
}
