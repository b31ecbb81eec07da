/** The two addresses by which a person signs in to Campus ID itself: the way out to sign in, and the way back. */
import type { Context } from 'koa'
import type { Campus } from '../../src/campus.ts'
import { OWN_REDIRECT_PATH } from '../../src/clients/clients.ts'
import type { Room } from '../../src/http/room.ts'
import { showErrorPage } from '../../src/pages/error-page.tsx'

export function createArrival({ oidc }: Pick<Campus, 'oidc'>): Room {
  async function arrive(ctx: Context): Promise<void> {
    const arrival = await oidc.arriveHere(ctx)
    if (arrival.kind === 'refused') {
      const status = arrival.error === 'access_denied' ? 403 : 400
      return showErrorPage(ctx, { status, code: arrival.error, description: null, retryAfterSeconds: null })
    }
    // Whoever comes with what was used, or was made for another browser, sees who is signed in on this one.
    ctx.status = 303
    ctx.redirect(arrival.kind === 'arrived' ? arrival.to : '/')
  }

  return {
    mount(router) {
      router.get('/sign-in', (ctx) => oidc.signInHere(ctx, { to: '/' }))
      router.get(OWN_REDIRECT_PATH, arrive)
    },
  }
}
