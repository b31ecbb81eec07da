/** The ways out: by our own button, or because the person left Campus ID by another application's. */
import { page, readForm, redirect, setCookie, text } from './http.ts'
import { createReplayGuard, readLogoutToken } from './logout-token.ts'
import { signOutAddress } from './openid-connect.ts'
import { signedOutPage } from './pages.ts'
import type { Parts, Routes } from './route.ts'

export function signOutRoutes({ party, findProvider, sessions, cookies, clock, log }: Parts): Routes {
  const useOnce = createReplayGuard(clock)

  return {
    'POST /sign-out': async ({ sessionId, session }) => {
      if (session === null) return redirect('/')
      // Our own session first: it is over even if Campus ID is down, or the person never answers there.
      sessions.end(sessionId)
      const address = signOutAddress(await findProvider(), session, new URL('/signed-out', party.url))
      return redirect(address, [setCookie(cookies.session, '', { secure: cookies.secure, seconds: 0 })])
    },

    'GET /signed-out': ({ around }) => page(200, signedOutPage(around)),

    // Posted by Campus ID itself, without cookies: the token is all that says who is meant, and that it is true.
    'POST /backchannel-logout': async ({ message }) => {
      const token = (await readForm(message))?.get('logout_token') ?? ''
      const { issuer, keys } = await findProvider()
      const checks = { issuer, clientId: party.clientId, keys, now: clock(), useOnce }
      const reading = await readLogoutToken(token, checks)
      if (!reading.valid) {
        log(`a logout token was refused: ${reading.why}`)
        return text(400, JSON.stringify({ error: 'invalid_request' }), 'application/json')
      }
      log(`back-channel logout ended ${sessions.endAll(reading)} session(s)`)
      return text(200, '')
    },
  }
}
