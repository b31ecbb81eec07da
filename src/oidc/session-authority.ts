/**
 * The document of a session, under its uid. Many requests change it at once, each knowing only how it stood when it was
 * read; what each of them changed is laid onto what stands by then.
 */
import type { AdapterPayload } from 'oidc-provider'
import type { Expiry, Key } from '../expiring/expiring.ts'
import { decode, encode, keyOf, type Records } from './records.ts'
import type { RequestScope } from './request-scope.ts'
import { mergeSession } from './session-merge.ts'

/** A session that differs in nothing but this much of its end is not written again. */
const SLIDES_BY_SECONDS = 60

/** Whoever loses a swap lets somebody else win: so many requests may be under way in one session. */
const SWAPS_MAX = 30

export interface SessionAuthority {
  load(uid: string): Promise<AdapterPayload | undefined>
  /**
   * The provider's own object as it was loaded or saved last: what differs from it, this request has changed. null
   * where this request has seen no session.
   */
  base(uid: string): AdapterPayload | null
  rebase(uid: string, session: AdapterPayload): void
  /** Answers what stands afterwards; null: the session has ended. */
  lay(uid: string, mine: AdapterPayload, how: Laying): Promise<AdapterPayload | null>
  remove(uid: string): Promise<void>
}

interface Laying {
  /** Left out, the end stays as it is, and nothing begins where nothing stands. */
  expiry?: Expiry
  /** Nothing is written where this is so: somebody else has decided. */
  unless?(standing: AdapterPayload): boolean
}

export function createSessionAuthority(records: Records, scope: RequestScope): SessionAuthority {
  const base: SessionAuthority['base'] = (uid) => decode('Session', scope.current().sessions.get(keyIn(uid)) ?? null)

  return {
    base,
    rebase: (uid, session) => void scope.current().sessions.set(keyIn(uid), encode(session)),
    remove: (uid) => records.remove(keyIn(uid)),

    async load(uid) {
      const raw = await records.read(keyIn(uid))
      const session = decode('Session', raw)
      if (session === null || raw === null) return undefined
      scope.current().sessions.set(keyIn(uid), raw)
      return session
    },

    async lay(uid, mine, { expiry, unless = () => false }) {
      const key = keyIn(uid)
      let raw = records.known(key)
      for (let swaps = 0; swaps < SWAPS_MAX; swaps++) {
        const standing = decode('Session', raw)
        if (standing === null || raw === null) {
          // Signed out elsewhere: nothing of it may come back. A session that was nobody's may begin again.
          if (base(uid)?.accountId !== undefined || !expiry) return null
          const written = encode(mine)
          raw = await records.reserve(key, written, expiry)
          if (raw === written) return mine
          continue
        }
        if (unless(standing)) return standing
        const merged = mergeSession(standing, base(uid) ?? standing, mine)
        if (merged === null || differOnlyInTheirEnd(standing, merged)) return merged
        const kept = merged.exp === mine.exp ? expiry : undefined
        const answer = await records.swap(key, raw, encode(merged), kept)
        if (answer.swapped) return merged
        raw = answer.current
      }
      throw new Error('a session changed too often to be saved')
    },
  }
}

function differOnlyInTheirEnd({ exp: was = 0, ...standing }: AdapterPayload, { exp = 0, ...merged }: AdapterPayload) {
  return Math.abs(exp - was) < SLIDES_BY_SECONDS && JSON.stringify(standing) === JSON.stringify(merged)
}

function keyIn(uid: string): Key {
  return keyOf('Session', uid)
}
