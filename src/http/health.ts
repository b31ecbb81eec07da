/**
 * `/healthz`: the process lives; restart it when this does not answer. `/readyz`: send it requests. A store that is
 * down stands in the body only: all processes share it, and taking them all out of service would help nobody.
 */
import type { Context, Middleware } from 'koa'
import type { Readiness } from './readiness.ts'
import { HEALTH_ADDRESSES } from './route-name.ts'

export function health(readiness: Readiness): Middleware {
  async function answer(ctx: Context): Promise<void> {
    if (ctx.path === '/healthz') {
      ctx.body = 'ok\n'
      return
    }
    // Whoever asks means the server: where one of its processes is leaving, the others are ready.
    const state = readiness.state() === 'leaving' ? 'ready' : readiness.state()
    ctx.status = state === 'ready' ? 200 : 503
    ctx.body = { state, stores: await readiness.stores() }
  }

  return (ctx, next) => {
    const isAsked = HEALTH_ADDRESSES.has(ctx.path) && (ctx.method === 'GET' || ctx.method === 'HEAD')
    return isAsked ? answer(ctx) : next()
  }
}

/** While we go, every answer asks its sender to open no further request on this connection. */
export function closeOnLeaving(readiness: Readiness): Middleware {
  return async (ctx, next) => {
    await next()
    const state = readiness.state()
    if (state === 'leaving' || state === 'stopping') ctx.set('Connection', 'close')
  }
}
