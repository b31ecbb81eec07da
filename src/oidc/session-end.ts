/**
 * A sign-out is for good. The session itself lies in the store of what expires, which a roll-back or a failover can
 * bring back; so the moment of its end is set in PostgreSQL, and the gate refuses everything that began before it:
 * the session, its codes, its access tokens and its refresh tokens, those with offline_access too.
 */
import { type ClientAuthorizationState, type KoaContextWithOIDC, Provider, type Session } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import { noticesOf } from './logout-notices.ts'
import { deviceOf, noteOf } from './notes.ts'
import type { RequestScope } from './request-scope.ts'
import type { Shield } from './unavailable.ts'

export interface EndingSession {
  uid?: string | undefined
  accountId?: string | undefined
  loginTs?: number | undefined
  authorizations?: Record<string, ClientAuthorizationState> | undefined
}

/**
 * Writes the end, and with it which relying parties are to be told. Rejects where that cannot be written. A session
 * that was nobody's leaves nothing.
 */
export type EndForGood = (session: EndingSession) => Promise<void>

export function createEndForGood(
  { notBefore, clock }: Pick<Campus, 'notBefore' | 'clock'>,
  scope: RequestScope,
  shield: Shield,
): EndForGood {
  return shield(async ({ uid, accountId, loginTs = 0, authorizations }) => {
    const { ended } = scope.current()
    if (uid === undefined || accountId === undefined || ended.has(uid)) return
    // A sign-in may count from the coming second (complete-sign-in.ts), and is ended all the same.
    const at = new Date(Math.max(clock().getTime(), loginTs * 1_000 + 1))
    // Whatever was issued in the session rests on a grant, and none lives for longer.
    const expiresAt = new Date(at.getTime() + LIFETIME_SECONDS.grant * 1_000)
    await notBefore.set('session', uid, {
      at,
      reason: 'signed_out',
      expiresAt,
      tell: noticesOf({ accountId, authorizations }),
    })
    ended.add(uid)
  })
}

/** The end for good and its row in the audit; rejects unless both stand. A session that is nobody's leaves nothing. */
export type CompleteSignOut = (ctx: KoaContextWithOIDC, session: EndingSession) => Promise<void>

export function createCompleteSignOut(
  needs: Pick<Campus, 'config' | 'clock' | 'audit' | 'keyrings'>,
  endForGood: EndForGood,
): CompleteSignOut {
  return async (ctx, session) => {
    if (session.accountId === undefined) return
    await endForGood(session)
    const [event, person] = ['sign-out.completed', `person:${session.accountId}`]
    const row = { event, result: 'success', actor: person, subject: person } as const
    await needs.audit.record({ ...row, ...noteOf(ctx), ...deviceOf(needs, ctx) })
  }
}

type Needs = Pick<Campus, 'clock' | 'logoutDeliveries'>

interface Parts {
  completeSignOut: CompleteSignOut
  shield: Shield
}

/**
 * The library revokes the grants, and ends the session last. Where that cannot be done for good, or leaves no row in
 * the audit, nothing of it may have been done: so both are done at the first thing for which the library waits once the
 * form is found to be ours, the look at a client. Where it looks at none, it is the end of the session itself.
 */
export function endBeforeAnybodyIsTold(needs: Needs, provider: Provider, { completeSignOut, shield }: Parts): void {
  const seen = new WeakSet<object>()
  const signOut = shield(async () => {
    const ctx = Provider.ctx
    if (ctx?.oidc.route !== 'end_session_confirm' || seen.has(ctx)) return
    const { session } = ctx.oidc
    if (session?.accountId === undefined) return
    seen.add(ctx)
    if (!ctx.oidc.params?.['logout']) return leaveOne(session)
    await completeSignOut(ctx, session)
  })

  /** Whoever stays signed in here leaves the one relying party that asked. */
  async function leaveOne({ accountId, authorizations, state }: Session): Promise<void> {
    if (accountId === undefined) return
    const left = noticesOf({ accountId, authorizations }).filter(({ clientId }) => clientId === state?.['clientId'])
    if (left.length > 0) await needs.logoutDeliveries.add(left, needs.clock())
  }

  const { Client } = provider
  const find = Client.find.bind(Client)
  Client.find = async (...asked) => {
    await signOut()
    return find(...asked)
  }
  const { destroy } = provider.Session.prototype
  provider.Session.prototype.destroy = async function destroyForGood(this: Session) {
    await signOut()
    await destroy.call(this)
  }
}
