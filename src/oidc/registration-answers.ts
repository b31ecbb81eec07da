/** What the library tells a client about itself, without what is ours: it answers with its whole document. */
import type { Context, Middleware } from 'koa'
import { MADE_UP_SECTOR } from './client-records.ts'

const ROUTES = new Set(['registration', 'client', 'client_update'])

export function tidyRegistrationAnswers(isNobodysSecret: (secret: unknown) => boolean): Middleware {
  return async (ctx, next) => {
    await next()
    const body: unknown = ctx.body
    if (!ROUTES.has(routeOf(ctx)) || ctx.status >= 300 || !isRecord(body)) return
    const ours = Object.keys(body).filter((name) => name.startsWith('campus:') || body[name] === MADE_UP_SECTOR)
    // It was told once and is kept as a hash (RFC 7592 §3 lets us leave it out).
    const secret = isNobodysSecret(body['client_secret']) ? ['client_secret', 'client_secret_expires_at'] : []
    const hidden = new Set([...ours, ...secret])
    const shown = Object.fromEntries(Object.entries(body).filter(([name]) => !hidden.has(name)))
    // The library takes it for pairwise: client-records.ts says why.
    ctx.body = body['campus:sector'] === 'public' ? { ...shown, subject_type: 'public' } : shown
  }
}

/** The library leaves its own record on the context of whatever it has answered. */
function routeOf(ctx: Context): string {
  const oidc: unknown = 'oidc' in ctx ? ctx['oidc'] : null
  return isRecord(oidc) && typeof oidc['route'] === 'string' ? oidc['route'] : ''
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
