/**
 * From one account to the next. Where somebody signs in while another person's session stands, the library ends that
 * session as a sign-out does, relying parties told and tokens revoked, before it begins theirs. Between the two it
 * shows a page of its own that posts a form by a script; ours says what is going on, and needs none.
 */
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { ProviderPages } from './oidc.ts'
import { asContext } from './provider-pages.ts'

export function drawSwitch(provider: Provider, pages: Pick<ProviderPages, 'switchAccount'>): void {
  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    await next()
    const state = ctx.oidc?.session?.state
    const xsrf = state?.['secret']
    if (!isBetweenTwo(ctx, state) || typeof xsrf !== 'string') return
    pages.switchAccount(asContext(ctx), { action: ctx.oidc.urlFor('end_session_confirm'), xsrf })
  })
}

/** A way back that answers with a page, and wants to be come back to itself when the first session has ended. */
function isBetweenTwo(
  { status, oidc, params }: KoaContextWithOIDC,
  state: Record<string, unknown> | undefined,
): boolean {
  if (status !== 200 || !/resume$/.test(oidc?.route ?? '')) return false
  return state?.['postLogoutRedirectUri'] === oidc.urlFor(oidc.route, params)
}
