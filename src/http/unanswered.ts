/** What nobody answered: another method of a room's address, or an address that does not exist. */
import type { Context, Middleware } from 'koa'
import { refusals } from '../errors.ts'

/** Stands after the rooms' router. */
export const otherMethods: Middleware = (ctx, next) => {
  const allowed = allowedMethods(ctx)
  if (allowed.length === 0) return next()
  ctx.set('Allow', allowed.join(', '))
  if (ctx.method !== 'OPTIONS') throw refusals.methodNotAllowed()
  ctx.status = 204
  return undefined
}

/** The router leaves on `ctx.matched` what fits the path, with any method. */
function allowedMethods(ctx: Context): string[] {
  const { matched } = ctx
  if (!Array.isArray(matched) || matched.length === 0) return []
  return [...new Set(matched.flatMap(({ methods }: { methods: string[] }) => methods))]
}

/** Stands last. */
export const nothingHere: Middleware = () => {
  throw refusals.notFound()
}
