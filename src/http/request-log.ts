/**
 * One line for each answer. It names the route's pattern and never the address itself: paths and queries carry
 * identifiers, codes and numbers of people, and so do bodies and cookies.
 */
import type { Middleware } from 'koa'
import type { Campus } from '../campus.ts'
import { namesOf } from './request-state.ts'
import { HEALTH_ADDRESSES, routeNameOf } from './route-name.ts'

type Needs = Pick<Campus, 'clock' | 'log'>

export function requestLog({ clock, log }: Needs): Middleware {
  return (ctx, next) => {
    const startedAt = clock().getTime()
    ctx.res.once('close', () => {
      const line = {
        ...namesOf(ctx),
        method: ctx.method,
        route: routeNameOf(ctx),
        status: ctx.status,
        ms: clock().getTime() - startedAt,
        ...(!ctx.res.writableFinished && { aborted: true }),
      }
      // Probes come every second and say nothing.
      if (HEALTH_ADDRESSES.has(ctx.path)) log.debug(line, 'request')
      else log.info(line, 'request')
    })
    return next()
  }
}
