/**
 * A sign-out that asks nothing: the relying party comes with an ID token of the session that stands in this browser
 * (OpenID Connect RP-Initiated Logout 1.0 §2). It is the same sign-out as the one that is confirmed on our page.
 *
 * It is the one GET that changes something, for the specification has it so. No page of a stranger can bring it about:
 * only who holds the ID token can, which is the relying party that got it, or the person themselves. Whoever else came
 * by one could sign that person out, of the session that it names, in their own browser, and nothing more.
 */
import type { ClientAuthorizationState, KoaContextWithOIDC, Session } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { cookiesFor } from '../http/cookies.ts'
import type { SubjectLookup } from '../subjects/subjects.ts'
import { traitsOf } from './client-records.ts'
import type { CompleteSignOut } from './session-end.ts'
import type { Shield } from './unavailable.ts'

/** Answers whether it has signed out, and sent the browser on. If not, nothing has been done: the person is asked. */
export type SilentSignOut = (ctx: KoaContextWithOIDC) => Promise<boolean>

interface Parts {
  completeSignOut: CompleteSignOut
  subjectOf: SubjectLookup
  shield: Shield
}

export function createSilentSignOut(
  { config }: Pick<Campus, 'config'>,
  { completeSignOut, subjectOf, shield }: Parts,
): SilentSignOut {
  const { name, attributes } = cookiesFor(config.issuer)

  /** The library has checked by then who signed the hint, and for whom. An old one will do, as it has it. */
  async function isProven({ client, entities }: KoaContextWithOIDC['oidc'], session: Session): Promise<boolean> {
    const hint = entities.IdTokenHint?.payload
    if (hint === undefined || client === undefined || session.accountId === undefined) return false
    const takenPart = session.authorizations?.[client.clientId]
    if (takenPart === undefined) return false
    if ('sid' in hint && hint['sid'] !== takenPart.sid) return false
    return hint['sub'] === (await subjectOf(session.accountId, traitsOf(client)['campus:sector']))
  }

  return shield(async (ctx) => {
    const { session } = ctx.oidc
    if (!session || isSpeculative(ctx) || !(await isProven(ctx.oidc, session))) return false
    const { authorizations } = session
    await completeSignOut(ctx, session)
    // With its document go the grants that lie in it.
    await session.destroy()
    ctx.cookies.set(name('session'), null, { ...attributes, path: '/', signed: true })
    noteRevoked(ctx, authorizations)
    ctx.oidc.provider.emit('end_session.success', ctx)
    ctx.status = 303
    ctx.redirect(wayOn(ctx))
    return true
  })
}

/** A browser that loads ahead what the person may never open, and one that asks for nothing but the head. */
function isSpeculative(ctx: KoaContextWithOIDC): boolean {
  return ctx.method === 'HEAD' || /\bprefetch\b/i.test(`${ctx.get('Sec-Purpose')} ${ctx.get('Purpose')}`)
}

/** The audit and the counts have it from the library, each by each. */
function noteRevoked(
  ctx: KoaContextWithOIDC,
  authorizations: Record<string, ClientAuthorizationState> | undefined,
): void {
  for (const { grantId, persistsLogout } of Object.values(authorizations ?? {})) {
    if (grantId !== undefined && !persistsLogout) ctx.oidc.provider.emit('grant.revoked', ctx, grantId)
  }
}

/** Registered, or the library would have refused. */
function wayOn({ oidc }: KoaContextWithOIDC): string {
  const { post_logout_redirect_uri: registered, state } = oidc.params ?? {}
  if (typeof registered !== 'string') return oidc.urlFor('end_session_success')
  const address = new URL(registered)
  if (typeof state === 'string') address.searchParams.set('state', state)
  return address.href
}
