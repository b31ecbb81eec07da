/**
 * The only room that knows oidc-provider. It shows the hosted pages two things: the visit that they are serving, and
 * the ways in which it may end. src/oidc/policy.ts alone decides what comes next.
 */
import type { Context, Middleware } from 'koa'
import type { PersonId } from '../people/people.ts'

/** A person standing on a hosted page because some relying party sent them. */
export interface Visit {
  /** In the path of every address of this visit: `/interaction/<uid>/…`. */
  uid: string
  /** Stays the same over all steps of one authorization; goes into the audit. */
  correlation: string
  prompt: VisitPrompt
  client: VisitClient
  /** `ui_locales`, `login_hint` and so on, as sent; never trusted, length-capped. */
  params: Readonly<Record<string, string>>
  /** Who is signed in on this browser already (a step-up, a consent); null when nobody is. */
  personId: PersonId | null
}

export type VisitPrompt =
  | { name: 'login'; reasons: string[] }
  /** What is asked for and was not allowed yet. */
  | { name: 'consent'; reasons: string[]; scopes: string[]; claims: string[] }

export interface VisitClient {
  id: string
  name: string
  nameIn: Record<string, string>
  uri: string | null
  logoUri: string | null
  policyUri: string | null
  tosUri: string | null
  firstParty: boolean
}

/** What a sign-in method has established. `amr` values are those of RFC 8176. */
export interface Proof {
  personId: PersonId
  method: string
  amr: string[]
  /** 7天免登录: the session outlives the browser. */
  remember: boolean
}

export interface Oidc {
  /** All that the provider answers: to be mounted last, at the root. */
  middleware: Middleware
  /** Throws `refusals.visitExpired`. The uid of the path must be the cookie's. */
  visit(ctx: Context): Promise<Visit>
  /** The one way in: checks the person, writes the audit line, starts a session with a new identifier, goes on. */
  completeSignIn(ctx: Context, proof: Proof): Promise<void>
  /** Keeps the answer (third-party clients are not asked again) and goes on. */
  completeConsent(ctx: Context): Promise<void>
  /** The person said no: back to the relying party with `access_denied`. */
  abandonVisit(ctx: Context): Promise<void>
}

/** The provider's own pages, drawn by the rooms: src knows no page. Each sets status, type and body of `ctx`. */
export interface ProviderPages {
  error(ctx: Context, problem: { status: number; code: string; description: string | null }): void
  /** The form posts `xsrf` to `action`; with `logout=yes` the person leaves, without it they stay. */
  signOut(ctx: Context, form: { action: string; xsrf: string; client: VisitClient | null }): void
  signedOut(ctx: Context, after: { client: VisitClient | null }): void
}
