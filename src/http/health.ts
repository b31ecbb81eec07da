/**
 * `/healthz`: the process lives; restart it when this does not answer. `/readyz`: send it requests. A store that is
 * down stands in the body only: all processes share it, and taking them all out of service would help nobody.
 */
import type { Middleware } from 'koa'
import type { Readiness } from './readiness.ts'

export function health(readiness: Readiness): Middleware {
  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next()
    if (ctx.path === '/healthz') {
      ctx.body = 'ok\n'
    } else if (ctx.path === '/readyz') {
      // Whoever asks means the server: where one of its processes is leaving, the others are ready.
      const state = readiness.state() === 'leaving' ? 'ready' : readiness.state()
      ctx.status = state === 'ready' ? 200 : 503
      ctx.body = { state, stores: await readiness.stores() }
    } else {
      await next()
    }
  }
}

/** While we go, every answer asks its sender to open no further request on this connection. */
export function closeOnLeaving(readiness: Readiness): Middleware {
  return async (ctx, next) => {
    await next()
    if (['leaving', 'stopping'].includes(readiness.state())) ctx.set('Connection', 'close')
  }
}
