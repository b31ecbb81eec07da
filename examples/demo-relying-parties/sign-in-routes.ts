/** The way in: off to Campus ID, back with a code, and staying up to date afterwards. */
import { randomBytes } from 'node:crypto'
import { readCookie, redirect, setCookie } from './http.ts'
import type { LocalSession } from './local-sessions.ts'
import { finishSignIn, prepareSignIn, problemOf, readUserinfo, renewTokens } from './openid-connect.ts'
import { endedPage, stalePage } from './problems.ts'
import type { Parts, Routes } from './route.ts'
import { ATTEMPT_LIFETIME_SECONDS } from './sign-in-attempts.ts'

export function signInRoutes({ party, findProvider, attempts, sessions, cookies, clock, log }: Parts): Routes {
  const { secure } = cookies
  const renewOnce = singleFlight(renew)

  return {
    'GET /sign-in': async ({ message, around }) => {
      const browser = readCookie(message, cookies.browser) ?? randomBytes(32).toString('base64url')
      const redirectUri = new URL('/callback', party.url)
      const question = { redirectUri, scope: party.scope, browser, language: around.language }
      const { attempt, address } = await prepareSignIn(await findProvider(), question)
      attempts.remember(attempt)
      return redirect(address, [setCookie(cookies.browser, browser, { secure, seconds: ATTEMPT_LIFETIME_SECONDS })])
    },

    'GET /callback': async ({ message, url, around, sessionId, session }) => {
      const state = url.searchParams.get('state') ?? ''
      const attempt = attempts.take(state, readCookie(message, cookies.browser))
      // Whoever goes back to a sign-in that is done comes here once more. What came along is not looked at.
      if (!attempt) return session ? redirect('/') : stalePage(around)
      const signedIn = await finishSignIn(await findProvider(), url, attempt)
      sessions.end(sessionId)
      // On to a clean address: the one with the code in it must not stay in the history.
      return redirect('/', [setCookie(cookies.session, sessions.start(signedIn), { secure })])
    },

    'POST /refresh': async ({ around, sessionId, session }) => {
      if (sessionId === null || !session?.refreshToken) return redirect('/')
      try {
        await renewOnce(sessionId, session, session.refreshToken)
        return redirect('/')
      } catch (error) {
        const problem = problemOf(error)
        if (problem.kind === 'unreachable') throw error
        // Signed out, suspended or withdrawn at Campus ID: what we knew of the person is no longer ours to show.
        log(`a session was not continued: ${problem.kind === 'failed' ? problem.code : problem.kind}`)
        sessions.end(sessionId)
        return endedPage(around)
      }
    },
  }

  async function renew(id: string, session: LocalSession, refreshToken: string): Promise<void> {
    const provider = await findProvider()
    const { renewed, accessToken } = await renewTokens(provider, session, refreshToken)
    sessions.replace(id, renewed)
    const userinfo = await readUserinfo(provider, accessToken, session.sub)
    sessions.replace(id, { ...renewed, userinfo, refreshedAt: clock() })
  }
}

/** Two clicks share one renewal: a refresh token that is sent twice looks stolen, and ends the whole sign-in. */
function singleFlight<Rest extends unknown[]>(work: (id: string, ...rest: Rest) => Promise<void>): typeof work {
  const running = new Map<string, Promise<void>>()
  return (id, ...rest) => {
    const flight = running.get(id) ?? work(id, ...rest).finally(() => running.delete(id))
    running.set(id, flight)
    return flight
  }
}
