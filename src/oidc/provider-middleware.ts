import type { Middleware } from 'koa'
import { arrivals } from './arrivals.ts'
import { showCodeOfAddress } from './device-pages.ts'
import { postedRequests } from './posted-requests.ts'
import type { RequestScope } from './request-scope.ts'
import { createWithdrawal } from './withdrawal.ts'

/** The provider as the house mounts it: what is capped before it, what a request remembers, what no error may carry. */
export function providerMiddleware(mounted: Middleware, issuer: string, scope: RequestScope): Middleware {
  const withdraw = createWithdrawal(issuer)
  const provide: Middleware = (ctx, next) =>
    scope.run(ctx, async () => {
      await showCodeOfAddress(ctx, () => mounted(ctx, next)).catch((error: unknown) => {
        withdraw(ctx, { isSessionSaved: false })
        throw error
      })
      const { retryAfterSeconds } = scope.current()
      if (retryAfterSeconds !== null && ctx.status >= 429) ctx.set('Retry-After', String(retryAfterSeconds))
    })
  return (ctx, next) => arrivals(ctx, () => postedRequests(ctx, () => provide(ctx, next)))
}
