import type { Context } from 'koa'

/** Probes. */
export const HEALTH_ADDRESSES: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

/**
 * Where a request was answered: a route of the rooms by its pattern, one of the provider by its name. Never the address
 * itself, so there are only so many.
 */
export function routeNameOf(ctx: Context): string {
  const { _matchedRoute: pattern, oidc } = ctx
  if (typeof pattern === 'string') return pattern
  if (typeof oidc?.route === 'string') return `oidc ${oidc.route}`
  if (HEALTH_ADDRESSES.has(ctx.path)) return ctx.path
  return ctx.path.startsWith('/assets/') ? '/assets' : 'none'
}
