/**
 * The span of a request, in which all that is done for it has its place. A proxy of ours may say to which trace it
 * belongs; anybody else could fill the collector, or make two people's requests look like one.
 */
import type { Context, Middleware } from 'koa'
import type { Campus } from '../campus.ts'
import { type Parent, readTraceparent } from '../tracing/tracing.ts'
import { isFrom, type Networks, networksOf } from './client-address.ts'
import { requestIdOf } from './request-state.ts'
import { HEALTH_ADDRESSES, routeNameOf } from './route-name.ts'

export function requestTrace({ tracing, config }: Pick<Campus, 'tracing' | 'config'>): Middleware {
  const proxies = networksOf(config.trustedProxies)
  return (ctx, next) => {
    ctx.state.traceId = null
    // Probes come every second and say nothing.
    if (HEALTH_ADDRESSES.has(ctx.path)) return next()
    const { method } = ctx
    const named = { 'http.request.method': method, 'campus.request': requestIdOf(ctx) }
    const span = tracing.request(named, parentOf(ctx, proxies))
    ctx.state.traceId = span.traceId
    ctx.res.once('close', () => {
      const route = routeNameOf(ctx)
      const failed = ctx.status >= 500 || !ctx.res.writableFinished
      span.end(`${method} ${route}`, { 'http.route': route, 'http.response.status_code': ctx.status }, { failed })
    })
    return span.run(next)
  }
}

function parentOf({ req }: Context, proxies: Networks): Parent | null {
  const [header = '', ...others] = req.headersDistinct['traceparent'] ?? []
  // Most say nothing of a trace, and nobody needs to look where they come from.
  if (header === '' || others.length > 0 || !isFrom(req.socket.remoteAddress, proxies)) return null
  return readTraceparent(header)
}
