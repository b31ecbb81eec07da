/** What the routes of a relying party are given, and what they answer with. */
import type { IncomingMessage } from 'node:http'
import type { Provider } from './discovery.ts'
import type { Answer } from './http.ts'
import type { LocalSession, LocalSessions } from './local-sessions.ts'
import type { Party, Surroundings } from './pages.ts'
import type { SignInAttempts } from './sign-in-attempts.ts'

export interface Request {
  message: IncomingMessage
  /** On our own origin, whatever the Host header says. */
  url: URL
  around: Surroundings
  sessionId: string | null
  session: LocalSession | null
}

export type Route = (request: Request) => Answer | Promise<Answer>

/** By method and path, such as `GET /callback`. */
export type Routes = Record<string, Route>

export interface Parts {
  party: Party
  findProvider: () => Promise<Provider>
  attempts: SignInAttempts
  sessions: LocalSessions
  cookies: { session: string; browser: string; secure: boolean }
  clock: () => Date
  /** One line a happening; never a token, a code or a claim. */
  log: (line: string) => void
}
