/** The provider's own pages, which say in JSON what they were given. */
import type { ProviderPages } from '../../src/oidc/oidc.ts'

export const plainPages: ProviderPages = {
  error(ctx, { status, code, description }) {
    ctx.status = status
    ctx.body = { page: 'error', code, description }
  },
  signOut(ctx, form) {
    ctx.status = 200
    ctx.body = { page: 'sign-out', ...form }
  },
  visitOver(ctx, over) {
    ctx.status = 400
    ctx.body = { page: 'visit-over', ...over }
  },
  switchAccount(ctx, form) {
    ctx.status = 200
    ctx.body = { page: 'switch', ...form }
  },
  signedOut(ctx, after) {
    ctx.status = 200
    ctx.body = { page: 'signed-out', ...after }
  },
  device(ctx, page) {
    ctx.body = { page: 'device', ...page }
  },
}
