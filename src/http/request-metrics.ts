/** How long answers take, by route. */
import type { Context, Middleware } from 'koa'
import type { Campus } from '../campus.ts'
import type { LabelsOf } from '../metrics/metrics.ts'
import { routeNameOf } from './route-name.ts'

type Labels = LabelsOf<'campus_http_request_duration_seconds'>

/** Any token is a method in the eyes of HTTP, and a stranger may invent some. */
const METHODS: ReadonlySet<string> = new Set<Labels['method']>([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
])
const STATUSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const

export function requestMetrics({ metrics }: Pick<Campus, 'metrics'>): Middleware {
  return (ctx, next) => {
    const startedAt = performance.now()
    ctx.res.once('close', () => {
      const labels = { route: routeNameOf(ctx), method: methodOf(ctx), status: statusOf(ctx) }
      metrics.observe('campus_http_request_duration_seconds', labels, (performance.now() - startedAt) / 1_000)
    })
    return next()
  }
}

function methodOf({ method }: Context): Labels['method'] {
  return isKnown(method) ? method : 'other'
}

function isKnown(method: string): method is Labels['method'] {
  return METHODS.has(method)
}

function statusOf({ res, status }: Context): Labels['status'] {
  if (!res.writableFinished) return 'aborted'
  return STATUSES[Math.floor(status / 100) - 1] ?? '5xx'
}
