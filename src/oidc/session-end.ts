/**
 * A sign-out is for good. The session itself lies in the store of what expires, which a roll-back or a failover can
 * bring back; so the moment of its end is set in PostgreSQL, and the gate refuses everything that began before it:
 * the session, its codes, its access tokens and its refresh tokens, those with offline_access too.
 */
import { Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import type { RequestScope } from './request-scope.ts'
import type { Shield } from './unavailable.ts'

export interface EndingSession {
  uid?: string | undefined
  accountId?: string | undefined
  loginTs?: number | undefined
}

/** Rejects where the end cannot be written. A session that was nobody's leaves nothing. */
export type EndForGood = (session: EndingSession) => Promise<void>

export function createEndForGood(
  { notBefore, clock }: Pick<Campus, 'notBefore' | 'clock'>,
  scope: RequestScope,
  shield: Shield,
): EndForGood {
  return shield(async ({ uid, accountId, loginTs = 0 }) => {
    const { ended } = scope.current()
    if (uid === undefined || accountId === undefined || ended.has(uid)) return
    // A sign-in may count from the coming second (complete-sign-in.ts), and is ended all the same.
    const at = new Date(Math.max(clock().getTime(), loginTs * 1_000 + 1))
    // Whatever was issued in the session rests on a grant, and none lives for longer.
    const expiresAt = new Date(at.getTime() + LIFETIME_SECONDS.grant * 1_000)
    await notBefore.set('session', uid, { at, reason: 'signed_out', expiresAt })
    ended.add(uid)
  })
}

/**
 * The library tells the relying parties, revokes the grants, and ends the session last. Where that cannot be done
 * for good, nothing of it may have been done: so it is done at the first thing for which the library waits once the
 * form is found to be ours, the look at a client. Where it looks at none, its record does it (session-records.ts).
 */
export function endBeforeAnybodyIsTold(provider: Provider, endForGood: EndForGood): void {
  const { Client } = provider
  const find = Client.find.bind(Client)
  Client.find = async (...asked) => {
    const oidc = Provider.ctx?.oidc
    if (oidc?.route === 'end_session_confirm' && oidc.params?.['logout'] && oidc.session) await endForGood(oidc.session)
    return find(...asked)
  }
}
