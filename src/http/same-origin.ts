/**
 * Our whole defence against forged forms, the forged sign-in included: what changes something must come from a page of
 * ours. Browsers say so themselves (Origin, else Sec-Fetch-Site, else Referer); a request that says nothing is refused.
 */
import type Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { refusals } from '../errors.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The provider's own forms that a browser sends with its session. Its other POSTs are machines', without a cookie. */
const PROVIDER_FORMS = new Set(['/session/end/confirm', '/device'])

function comesFrom(origin: string, ctx: Context): boolean {
  const sent = ctx.get('origin')
  if (sent) return sent === origin
  const site = ctx.get('sec-fetch-site')
  if (site) return site === 'same-origin'
  return URL.parse(ctx.get('referer'))?.origin === origin
}

/** Stands in front of every route of the rooms' router. */
export function sameOrigin(issuer: string): Middleware {
  const { origin } = new URL(issuer)
  return (ctx, next) => {
    if (!SAFE_METHODS.has(ctx.method) && !comesFrom(origin, ctx)) throw refusals.foreignForm()
    return next()
  }
}

/** Stands in front of the provider, whose router ignores case and one slash at the end: so does this. */
export function sameOriginProviderForms(issuer: string): Middleware {
  const check = sameOrigin(issuer)
  return (ctx, next) => {
    const path = ctx.path.toLowerCase().replace(/\/$/, '')
    return PROVIDER_FORMS.has(path) ? check(ctx, next) : next()
  }
}

export interface BrowserRoute {
  method: string
  path: string
}

/** Every route that the rooms have mounted and that may change something. */
export function browserRoutes(router: Router): BrowserRoute[] {
  return router.stack.flatMap(({ methods, path }) =>
    methods.filter((method) => !SAFE_METHODS.has(method)).map((method) => ({ method, path: String(path) })),
  )
}
