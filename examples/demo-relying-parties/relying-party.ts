/** One relying party: a front page, and the addresses by which it takes part in sign-in and sign-out. */
import { readFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createDiscovery } from './discovery.ts'
import { type Answer, comesFromOwnPage, languageOf, page, readCookie, redirect, send, text } from './http.ts'
import { createLocalSessions } from './local-sessions.ts'
import { frontPage, type Party, signedInPage } from './pages.ts'
import { errorPage, foreignPage, notFoundPage } from './problems.ts'
import type { Parts, Routes } from './route.ts'
import { createSignInAttempts } from './sign-in-attempts.ts'
import { signInRoutes } from './sign-in-routes.ts'
import { signOutRoutes } from './sign-out-routes.ts'

export interface RelyingPartyOptions {
  party: Party
  /** The application that its pages point to, to show single sign-on. */
  other: Party
  issuer: URL
  clientSecret: string
  clock: Parts['clock']
  log: Parts['log']
}

export function createRelyingParty(options: RelyingPartyOptions): RequestListener {
  const { party, other, issuer, log } = options
  const parts = partsOf(options)
  const routes: Routes = { ...pageRoutes(), ...signInRoutes(parts), ...signOutRoutes(parts) }

  async function answer(message: IncomingMessage): Promise<Answer> {
    const url = message.url?.startsWith('/') ? URL.parse(party.url.origin + message.url) : null
    if (!url) return text(400, 'Bad request\n')
    const around = { party, other, issuer, language: languageOf(message) }
    const method = message.method === 'HEAD' ? 'GET' : message.method
    const route = routes[`${method} ${url.pathname}`]
    if (!route) return notFoundPage(around)

    const isFromOutside = url.pathname === '/backchannel-logout'
    if (method === 'POST' && !isFromOutside && !comesFromOwnPage(message, party.url)) return foreignPage(around)
    // Reached under another name (localhost), we would not see our own cookies when the browser comes back.
    if (method === 'GET' && message.headers.host !== party.url.host) return redirect(url)

    const sessionId = readCookie(message, parts.cookies.session)
    const session = parts.sessions.find(sessionId)
    try {
      return await route({ message, url, around, sessionId, session })
    } catch (error) {
      log(`${method} ${url.pathname} failed: ${error instanceof Error ? error.message : String(error)}`)
      return errorPage(around, error)
    }
  }

  return (message, response) => {
    answer(message).then(
      (given) => send(response, given),
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    )
  }
}

function partsOf({ party, issuer, clientSecret, clock, log }: RelyingPartyOptions): Parts {
  // Cookies know no ports: named after the client, those of two programs on one host do not overwrite each other.
  const secure = party.url.protocol === 'https:'
  const name = `${secure ? '__Host-' : ''}${party.clientId}`
  return {
    party,
    findProvider: createDiscovery({ issuer, clientId: party.clientId, clientSecret }),
    attempts: createSignInAttempts(clock),
    sessions: createLocalSessions(clock),
    cookies: { session: `${name}-session`, browser: `${name}-browser`, secure },
    clock,
    log,
  }
}

function pageRoutes(): Routes {
  const style = readFileSync(new URL('style.css', import.meta.url), 'utf8')
  return {
    'GET /': ({ around, session }) => page(200, session ? signedInPage(around, session) : frontPage(around)),
    'GET /style.css': () => text(200, style, 'text/css'),
  }
}
