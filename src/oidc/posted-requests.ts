/**
 * A relying party may have the browser post its request for a sign-in (OpenID Connect Core §3.1.2.1) or a sign-out
 * (RP-Initiated Logout 1.0 §2). It is sent on to the same request as an address: a form that another site posts comes
 * without the session's cookie (SameSite=Lax), and the GET that follows has it. Nothing is kept and nothing is changed
 * on the way, so the form may be anybody's.
 */
import type { Context, Middleware } from 'koa'
import { refusals } from '../errors.ts'
import { peek, REQUEST_BYTES_MAX } from './arrivals.ts'

/** By their paths, how counts and log lines name the requests that these become. */
const ROUTES = new Map([
  ['/auth', 'oidc authorization'],
  ['/session/end', 'oidc end_session'],
])

/** Stands behind arrivals.ts, which has seen that there are as many bytes as announced, in UTF-8, and how many. */
export const postedRequests: Middleware = async (ctx, next) => {
  // The library's router ignores case and one slash at the end.
  const path = ctx.path.toLowerCase().replace(/\/$/, '')
  const route = ROUTES.get(path)
  if (ctx.method !== 'POST' || route === undefined) return next()
  ctx['_matchedRoute'] = route
  // An encoding could hide a bomb.
  if (!ctx.is('application/x-www-form-urlencoded') || ctx.get('content-encoding')) throw refusals.malformedBody()
  const query = await queryOf(ctx)
  ctx.redirect(`${path}?${query}`)
  ctx.status = 303
}

/** Written anew: an address has fewer characters than a form. What is given twice stays so, and is refused there. */
async function queryOf(ctx: Context): Promise<string> {
  const body = await peek(ctx.req, Number(ctx.get('content-length')))
  const query = new URLSearchParams(Buffer.from(body).toString()).toString()
  if (query.length > REQUEST_BYTES_MAX) throw refusals.parameterTooLong()
  return query
}
