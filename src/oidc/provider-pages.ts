/** The library's pages, drawn by ours: it hands over half-finished HTML, of which we take the facts. */
import type { Context } from 'koa'
import { type Configuration, errors, type KoaContextWithOIDC, type Session } from 'oidc-provider'
import { refusals } from '../errors.ts'
import { visitClientOf } from './client-records.ts'
import type { ProviderPages, VisitClient } from './oidc.ts'
import type { SilentSignOut } from './silent-sign-out.ts'
import type { StartingAgain } from './starting-again.ts'
import { createWithdrawal } from './withdrawal.ts'

export interface LibraryPages {
  renderError: NonNullable<Configuration['renderError']>
  /** Asks the person, unless the relying party has shown that it may sign them out. */
  signOut(ctx: KoaContextWithOIDC): Promise<void>
  signedOut(ctx: KoaContextWithOIDC): void
}

interface Parts {
  pages: ProviderPages
  startingAgain: StartingAgain
  silentSignOut: SilentSignOut
}

export function providerPages({ pages, startingAgain, silentSignOut }: Parts, issuer: string): LibraryPages {
  const withdraw = createWithdrawal(issuer)
  return {
    async renderError(ctx, { error, error_description: description = null }, cause) {
      withdraw(asContext(ctx), { isSessionSaved: !isUnsaved(ctx.oidc.session) })
      // The library speaks to developers here; it is a person who comes back too late.
      const over = refusals.visitExpired().code
      const code = cause instanceof errors.SessionNotFound ? over : error
      if (code === over && (await startingAgain.answer(asContext(ctx), ctx.oidc.provider))) return
      pages.error(asContext(ctx), { status: ctx.status, code, description })
    },
    async signOut(ctx) {
      if (await silentSignOut(ctx)) return
      const { oidc } = ctx
      const xsrf = String(oidc.session?.state?.['secret'])
      pages.signOut(asContext(ctx), { action: oidc.urlFor('end_session_confirm'), xsrf, client: clientOf(ctx) })
    },
    signedOut(ctx) {
      pages.signedOut(asContext(ctx), { client: clientOf(ctx) })
    },
  }
}

/** The library marks what it must still save, and takes the mark away when it has. */
function isUnsaved(session: Session | undefined): boolean {
  return session !== undefined && 'touched' in session && session.touched === true
}

function clientOf({ oidc }: KoaContextWithOIDC): VisitClient | null {
  return oidc.client ? visitClientOf(oidc.client) : null
}

/** The provider is mounted in the house: its context is the house's own, with `oidc` on it. */
export function asContext(ctx: KoaContextWithOIDC): Context {
  return ctx
}
