/**
 * The one place where something thrown becomes an answer. What we refuse on purpose says what it is; a dependency that
 * does not answer is 503; everything else is a bug, of which a person learns the request id and what to do.
 */
import type Koa from 'koa'
import type { Context, Middleware } from 'koa'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { isUnavailable, Refusal } from '../errors.ts'
import { showErrorPage } from '../pages/error-page.tsx'
import { namesOf, requestIdOf } from './request-state.ts'
import { securityHeaders } from './security-headers.ts'

interface Answer {
  status: number
  code: string
  retryAfterSeconds: number | null
}

function answerTo(error: unknown): Answer {
  if (error instanceof Refusal) return error
  if (isUnavailable(error)) return { status: 503, code: 'unavailable', retryAfterSeconds: error.retryAfterSeconds }
  const status = statusOfKoa(error)
  if (status !== null) return { status, code: 'malformed_request', retryAfterSeconds: null }
  return { status: 500, code: 'internal_error', retryAfterSeconds: null }
}

/** Koa and its router throw http-errors for what they cannot read; `expose` marks those that are the sender's fault. */
function statusOfKoa(error: unknown): number | null {
  if (!(error instanceof Error) || !('expose' in error) || error.expose !== true) return null
  return 'status' in error && typeof error.status === 'number' ? error.status : null
}

export function errorAnswer({ log }: { log: Logger }): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      // Too late for another answer; Koa tells the listener below.
      if (ctx.headerSent) throw error
      const answer = answerTo(error)
      note(log, ctx, answer, error)
      draw(ctx, answer)
    }
  }
}

function note(log: Logger, ctx: Context, { code, status }: Answer, error: unknown): void {
  const line = { ...namesOf(ctx), code, status }
  if (code === 'internal_error') log.error({ ...line, err: error }, 'bug')
  else if (code === 'unavailable') log.warn({ ...line, err: error }, 'dependency unavailable')
  else log.info({ ...line, cause: causeOf(error) }, 'refused')
}

function causeOf(error: unknown): string | undefined {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined
}

function draw(ctx: Context, { status, code, retryAfterSeconds }: Answer): void {
  if (retryAfterSeconds !== null) ctx.set('Retry-After', String(retryAfterSeconds))
  if (ctx.accepts('json', 'html') === 'html') {
    showErrorPage(ctx, { status, code, description: null, retryAfterSeconds })
  } else {
    ctx.status = status
    ctx.body = { error: code, request_id: requestIdOf(ctx) }
  }
}

/** What fails after the middleware, while an answer is written: Koa strips every header, so ours are put back. */
export function lastResort(app: Koa, { config, log }: { config: Config; log: Logger }): void {
  app.on('error', (error: Error & { headers?: Record<string, string> }, ctx: Context) => {
    error.headers = securityHeaders(config.issuer)
    // Somebody who has gone is no bug of ours.
    const line = { ...namesOf(ctx), err: error }
    if (ctx.res.destroyed) log.debug(line, 'answer cut off')
    else log.error(line, 'bug')
    if (ctx.headerSent) ctx.res.destroy()
  })
}
