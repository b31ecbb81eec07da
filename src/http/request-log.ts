/**
 * One line for each answer. It names the route's pattern and never the address itself: paths and queries carry
 * identifiers, codes and numbers of people, and so do bodies and cookies.
 */
import type { Context, Middleware } from 'koa'
import type { Campus } from '../campus.ts'
import { requestIdOf } from './request-state.ts'

type Needs = Pick<Campus, 'clock' | 'log'>

const HEALTH = new Set(['/healthz', '/readyz'])

/** A route of the rooms by its pattern, one of the provider by its name. */
function routeOf(ctx: Context): string {
  const { _matchedRoute: pattern, oidc } = ctx
  if (typeof pattern === 'string') return pattern
  if (typeof oidc?.route === 'string') return `oidc ${oidc.route}`
  if (HEALTH.has(ctx.path)) return ctx.path
  return ctx.path.startsWith('/assets/') ? '/assets' : 'none'
}

export function requestLog({ clock, log }: Needs): Middleware {
  return async (ctx, next) => {
    const startedAt = clock().getTime()
    ctx.res.once('close', () => {
      const line = {
        request: requestIdOf(ctx),
        method: ctx.method,
        route: routeOf(ctx),
        status: ctx.status,
        ms: clock().getTime() - startedAt,
        ...(!ctx.res.writableFinished && { aborted: true }),
      }
      // Probes come every second and say nothing.
      if (HEALTH.has(ctx.path)) log.debug(line, 'request')
      else log.info(line, 'request')
    })
    await next()
  }
}
