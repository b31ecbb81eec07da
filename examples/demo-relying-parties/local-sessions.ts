/** Who is signed in here. The sessions are our own: Campus ID asks for their end by back-channel logout. */
import { randomBytes } from 'node:crypto'
import type { IDToken, UserInfoResponse } from 'openid-client'

export interface LocalSession {
  sub: string
  /** The session at Campus ID from which this one came. */
  sid: string | null
  /** Kept for `id_token_hint` at sign-out. */
  idToken: string
  idTokenClaims: IDToken
  userinfo: UserInfoResponse
  /** null when `offline_access` was not granted. */
  refreshToken: string | null
  refreshedAt: Date | null
}

export interface LocalSessions {
  /** Answers the new value of the session cookie. */
  start(session: LocalSession): string
  find(id: string | null): LocalSession | null
  replace(id: string, session: LocalSession): void
  end(id: string | null): void
  /** Ends those of one session at Campus ID or, without a `sid`, all of one person. Answers how many there were. */
  endAll(of: { sub: string | null; sid: string | null }): number
}

export const SESSION_LIFETIME_SECONDS = 8 * 60 * 60

export function createLocalSessions(clock: () => Date): LocalSessions {
  const open = new Map<string, { session: LocalSession; startedAt: number }>()
  const isOver = (startedAt: number) => clock().getTime() - startedAt >= SESSION_LIFETIME_SECONDS * 1000

  return {
    // Always a new, unguessable identifier: one that an attacker planted before the sign-in stays worthless.
    start(session) {
      for (const [id, { startedAt }] of open) if (isOver(startedAt)) open.delete(id)
      const id = randomBytes(32).toString('base64url')
      open.set(id, { session, startedAt: clock().getTime() })
      return id
    },

    find(id) {
      const found = id === null ? undefined : open.get(id)
      return found && !isOver(found.startedAt) ? found.session : null
    },

    // A session that was ended while its refresh was on the way must not come back.
    replace(id, session) {
      const found = open.get(id)
      if (found) open.set(id, { ...found, session })
    },

    end(id) {
      if (id !== null) open.delete(id)
    },

    endAll({ sub, sid }) {
      const meant = [...open].filter(([, { session }]) => {
        return (sid === null || session.sid === sid) && (sub === null || session.sub === sub)
      })
      for (const [id] of meant) open.delete(id)
      return meant.length
    },
  }
}
