/**
 * A relying party that refreshes its tokens uses the session that they come of: whoever works in it all morning is
 * still signed in at the next one. What has ended is not begun again: tokens with offline_access outlive their session.
 */
import type { AdapterPayload } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { epochSeconds, sessionSeconds } from './lifetimes.ts'
import type { SessionNotes } from './session-choices.ts'
import type { SessionDocument } from './session-document.ts'
import type { SessionDocuments } from './session-documents.ts'
import { SLIDES_BY } from './session-laying.ts'

export interface SessionActivity {
  /**
   * To be told of each access token that is issued. Costs a trip only where it comes of a refresh token, and the end
   * moves: not where the rotation, which writes the same record, has moved it already.
   */
  issued(token: Pick<AdapterPayload, 'accountId' | 'gty' | 'sessionUid'>): Promise<void>
}

export function createSessionActivity(
  { clock }: Pick<Campus, 'clock'>,
  documents: Pick<SessionDocuments, 'change'>,
): SessionActivity {
  return {
    async issued({ accountId, gty, sessionUid }) {
      if (accountId === undefined || sessionUid === undefined || !gty?.endsWith('refresh_token')) return
      await documents.change(sessionUid, (standing) => standing && usedBy(accountId, standing, epochSeconds(clock())))
    },
  }
}

/** The same where its end does not move, or by too little to be written. `now`: epoch seconds. */
export function usedBy(accountId: string | undefined, standing: SessionDocument, now: number): SessionDocument {
  const session: AdapterPayload & SessionNotes = standing.session
  const { exp = 0 } = session
  if (accountId === undefined || session.accountId !== accountId || exp <= now) return standing
  const seconds = sessionSeconds(now, session)
  if (now + seconds - exp < seconds * SLIDES_BY) return standing
  return { ...standing, session: { ...session, exp: now + seconds } }
}
