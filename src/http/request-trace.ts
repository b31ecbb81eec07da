/**
 * The span of a request, in which all that is done for it has its place. A proxy of ours may say to which trace it
 * belongs; anybody else could fill the collector, or make two people's requests look like one.
 */
import type { Context, Middleware } from 'koa'
import type { Campus } from '../campus.ts'
import { type Parent, readTraceparent } from '../tracing/tracing.ts'
import { type Addresses, createAddresses } from './client-address.ts'
import { requestIdOf } from './request-state.ts'
import { HEALTH_ADDRESSES, routeNameOf } from './route-name.ts'

export function requestTrace({ tracing, config }: Pick<Campus, 'tracing' | 'config'>): Middleware {
  const addresses = createAddresses(config.trustedProxies)
  return (ctx, next) => {
    ctx.state.traceId = null
    // Probes come every second and say nothing.
    if (HEALTH_ADDRESSES.has(ctx.path)) return next()
    const { method } = ctx
    const named = { 'http.request.method': method, 'campus.request': requestIdOf(ctx) }
    const span = tracing.request(named, parentOf(ctx, addresses))
    ctx.state.traceId = span.traceId
    ctx.res.once('close', () => {
      const route = routeNameOf(ctx)
      const failed = ctx.status >= 500 || !ctx.res.writableFinished
      span.end(`${method} ${route}`, { 'http.route': route, 'http.response.status_code': ctx.status }, { failed })
    })
    return span.run(next)
  }
}

/** Node joins two of them to one that nobody can read. */
function parentOf({ req }: Context, { isFromProxy }: Addresses): Parent | null {
  const header = req.headers['traceparent']
  // Most say nothing of a trace, and nobody needs to look where they come from.
  return typeof header === 'string' && isFromProxy(req) ? readTraceparent(header) : null
}
