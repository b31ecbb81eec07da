/** Sign-ins that were sent to Campus ID and have not come back yet: each is good for one browser, once, for a while. */
export interface SignInAttempt {
  /** Finds the attempt again, and shows that the answer belongs to a request of ours (RFC 6749 §10.12). */
  state: string
  /** Comes back inside the ID token: an ID token that was made for another request is refused. */
  nonce: string
  /** The secret half of PKCE (RFC 7636): a stolen code is worth nothing without it. */
  codeVerifier: string
  /** The cookie of the browser that started it: nobody can finish their own sign-in in somebody else's browser. */
  browser: string
}

export interface SignInAttempts {
  remember(attempt: SignInAttempt): void
  /** Answers the attempt once; null when it is unknown, another browser's, used already or too old. */
  take(state: string, browser: string | null): SignInAttempt | null
}

export const ATTEMPT_LIFETIME_SECONDS = 30 * 60

/** Anybody may start a sign-in, so the list is bounded: the oldest go first. */
const ATTEMPTS_MAX = 10_000

/** In memory, which is enough for one process; several processes keep this in Redis or in a sealed cookie. */
export function createSignInAttempts(clock: () => Date): SignInAttempts {
  const waiting = new Map<string, { attempt: SignInAttempt; startedAt: number }>()

  return {
    remember(attempt) {
      const [oldest] = waiting.keys()
      if (waiting.size >= ATTEMPTS_MAX && oldest !== undefined) waiting.delete(oldest)
      waiting.set(attempt.state, { attempt, startedAt: clock().getTime() })
    },

    // One entry for each tab, not one for each browser: two tabs that sign in at once must not undo each other.
    take(state, browser) {
      const found = waiting.get(state)
      if (!found || found.attempt.browser !== browser) return null
      waiting.delete(state)
      const ageSeconds = (clock().getTime() - found.startedAt) / 1000
      return ageSeconds < ATTEMPT_LIFETIME_SECONDS ? found.attempt : null
    },
  }
}
