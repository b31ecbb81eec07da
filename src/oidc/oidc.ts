/**
 * The only room that knows oidc-provider. It shows the hosted pages two things: the visit that they are serving, and
 * the ways in which it may end. src/oidc/policy.ts alone decides what comes next.
 */

import type { Context, Middleware } from 'koa'
import mount from 'koa-mount'
import { Provider } from 'oidc-provider'
import type { Campus, Stores } from '../campus.ts'
import type { ClientDirectory } from '../clients/clients.ts'
import { Refusal, refusals } from '../errors.ts'
import type { PublicDocument, PublicDocuments } from '../http/public-documents.ts'
import type { LogoutDesk } from '../logout-deliveries/logout-deliveries.ts'
import { createSubjectLookup } from '../subjects/subjects.ts'
import type { MethodProof } from './assurance.ts'
import { keepToClaimTerms } from './claim-terms.ts'
import { admitDevices, compareHashedSecrets } from './client-records.ts'
import { type Chooser, chooserAt, completeAccount, completeIdentity } from './complete-choice.ts'
import { abandonVisit, completeConsent } from './complete-consent.ts'
import { completeSignIn } from './complete-sign-in.ts'
import { configurationOf, type Parts } from './configuration.ts'
import { cookieKeygrip } from './cookie-keys.ts'
import type { DevicePage } from './device-page.ts'
import { createDirectAnswers } from './direct-answers.ts'
import { takeDocuments } from './documents.ts'
import type { Proof, Visit, VisitClient } from './hosted-visit.ts'
import { nameBySession } from './identifiers.ts'
import { createLogoutDesk, type Teller, tellNobodyYet } from './logout-desk.ts'
import { countProviderEvents } from './provider-counts.ts'
import { noteProviderEvents } from './provider-events.ts'
import { providerMiddleware } from './provider-middleware.ts'
import { holdProviders } from './providers.ts'
import { tidyRegistrationAnswers } from './registration-answers.ts'
import type { RegistrarNeeds } from './registration-tokens.ts'
import { createRequestScope, type RequestScope } from './request-scope.ts'
import { decideAnewAtEachSignIn } from './session-choices.ts'
import { type CompleteSignOut, createCompleteSignOut, endBeforeAnybodyIsTold } from './session-end.ts'
import { type Arrival, createSigningInHere, type SignedIn, type SignInHere } from './signing-in-here.ts'
import { createSilentSignOut } from './silent-sign-out.ts'
import { createStartingAgain } from './starting-again.ts'
import { createStorage, type Storage } from './storage-adapter.ts'
import { drawSwitch } from './switching.ts'
import { traceFetch } from './traced-fetch.ts'
import { createShield } from './unavailable.ts'
import { createVisits, type Visits } from './visit.ts'

export type { MethodProof } from './assurance.ts'
export type { Chooser } from './complete-choice.ts'
export { cookieKeygrip } from './cookie-keys.ts'
export type { DeviceAsked, DevicePage, DeviceProblem } from './device-page.ts'
export type { Proof, Visit, VisitClient, VisitPrompt } from './hosted-visit.ts'
export { endSession, endSessionsOf, findSession, listSessions, type PersonSession } from './person-sessions.ts'
export { sessionsOfPerson } from './session-documents.ts'
export type { Arrival, SignedIn, SignInHere } from './signing-in-here.ts'
export { traceFetch } from './traced-fetch.ts'

export interface Oidc {
  /** All that the provider answers: to be mounted last, at the root. */
  middleware: Middleware
  /** Throws `refusals.visitExpired`. The uid of the path must be the cookie's. */
  visit(ctx: Context): Promise<Visit>
  /** Stands in front of the rooms: a visit that is over begins again, or shows the way to the relying party. */
  startAgain: Middleware
  /** The one way in: checks the person, writes the audit line, starts a session with a new identifier, goes on. */
  completeSignIn(ctx: Context, proof: Proof): Promise<void>
  /** Keeps the answer (third-party clients are not asked again) and goes on. */
  completeConsent(ctx: Context): Promise<void>
  /** Who stands before a choice, and what there is to choose. Throws as `completeConsent` does. */
  chooser(ctx: Context): Promise<Chooser>
  completeAccount(ctx: Context, answer: 'same' | 'other'): Promise<void>
  completeIdentity(ctx: Context, identityId: string): Promise<'done' | 'not_offered'>
  /** For pages outside of any visit; null where nobody is signed in who may be. */
  signedInHere(ctx: Context): Promise<SignedIn | null>
  /** Sends the browser to sign in, as a relying party would, and back to the page that asks. */
  signInHere(ctx: Context, asked: SignInHere): void
  /** The end of that way: what it answers is to be followed by a redirect or a page. */
  arriveHere(ctx: Context): Promise<Arrival>
  /** The person said no: back to the relying party with `access_denied`. */
  abandonVisit(ctx: Context): Promise<void>
}

/** For the composition root. */
export interface OpenOidc extends Oidc {
  /** Discovery and the key set, as they are now. */
  documents: PublicDocuments
  /** For whoever tells relying parties that a session has ended. */
  logoutDesk: LogoutDesk
  /** Stands in front of the rest: answers what is plain and asked often, and lets everything else pass, untouched. */
  directAnswers: Middleware
  /** The keys are followed no more. */
  close(): void
}

/** The provider's own pages, drawn by the rooms: src knows no page. Each sets status, type and body of `ctx`. */
export interface ProviderPages {
  error(ctx: Context, problem: { status: number; code: string; description: string | null }): void
  /** The form posts `xsrf` to `action`; with `logout=yes` the person leaves, without it they stay. */
  signOut(ctx: Context, form: { action: string; xsrf: string; client: VisitClient | null }): void
  signedOut(ctx: Context, after: { client: VisitClient | null }): void
  /** Somebody else has signed in: the form posts `xsrf` and `logout=yes` to `action`, and then they go on. */
  switchAccount(ctx: Context, form: { action: string; xsrf: string }): void
  /** `href` is where the person can begin again; null where nobody but the application knows. */
  visitOver(ctx: Context, over: { client: VisitClient; href: string | null }): void
  device(ctx: Context, page: DevicePage): void
}

/** A request to a relying party, kept inside the networks that the operator allows (adapters/outbound). */
export type OutboundFetch = (url: string, options: RequestInit) => Promise<Response>

/** As much of `Campus.transaction` as this room needs. */
interface ProviderTransaction {
  transaction<Result>(
    work: (
      stores: Pick<Stores, 'consents' | 'clients' | 'registrationTokens' | 'notBefore' | 'audit'>,
    ) => Promise<Result>,
  ): Promise<Result>
}

type Needs = Pick<
  Campus,
  | 'config'
  | 'clock'
  | 'random'
  | 'log'
  | 'metrics'
  | 'tracing'
  | 'expiring'
  | 'consents'
  | 'subjects'
  | 'keyrings'
  | 'notBefore'
  | 'logoutDeliveries'
  | 'audit'
> &
  ClientDirectory &
  RegistrarNeeds &
  ProviderTransaction & { outboundFetch: OutboundFetch }

/** One Provider, and what rests on it. */
interface Furnished extends Teller {
  visits: Visits
  gatekeeper: Storage['gatekeeper']
  middleware: Middleware
  directAnswers: Middleware
  documents: ReadonlyMap<string, PublicDocument>
}

/** What stands around the provider: pages that draw what it shows, methods by which people sign in. */
interface House {
  pages: ProviderPages
  methods: readonly MethodProof[]
}

/** Follows the signing keys until it is closed. */
export async function createOidc(needs: Needs, { pages, methods }: House): Promise<OpenOidc> {
  const scope = createRequestScope()
  const shield = createShield(scope)
  const storage = createStorage(needs, scope, shield)
  const subjectOf = createSubjectLookup(needs)
  const cookieKeys = cookieKeygrip(needs.keyrings)
  const outboundFetch = traceFetch(needs, needs.outboundFetch)
  const startingAgain = createStartingAgain(needs, pages)
  const here = createSigningInHere(needs)
  const completeSignOut = createCompleteSignOut(needs, storage.endForGood)
  const silentSignOut = createSilentSignOut(needs, { completeSignOut, subjectOf, shield })
  const library = { cookieKeys, outboundFetch, pages, methods, startingAgain, completeSignOut, silentSignOut }
  const parts = { storage, shield, subjectOf, ...library }
  const providers = await holdProviders(needs, (keys) => furnish(needs, { ...parts, keys }, scope))
  const { present } = providers
  return {
    middleware: (ctx, next) => present().middleware(ctx, next),
    startAgain: (ctx, next) =>
      startAgain(next, () => scope.run(ctx, () => startingAgain.answer(ctx, present().provider))),
    directAnswers: (ctx, next) => present().directAnswers(ctx, next),
    visit: (ctx) => scope.run(ctx, async () => (await present().visits.open(ctx)).visit),
    completeSignIn: (ctx, proof) => scope.run(ctx, () => completeSignIn(needs, present(), ctx, proof)),
    completeConsent: (ctx) => scope.run(ctx, () => completeConsent(needs, present(), ctx)),
    chooser: (ctx) => scope.run(ctx, async () => chooserAt(needs, present(), ctx, await present().visits.open(ctx))),
    completeAccount: (ctx, answer) => scope.run(ctx, () => completeAccount(needs, present(), ctx, answer)),
    completeIdentity: (ctx, id) => scope.run(ctx, () => completeIdentity(needs, present(), ctx, id)),
    abandonVisit: (ctx) => scope.run(ctx, () => abandonVisit(needs, present(), ctx)),
    signedInHere: (ctx) => scope.run(ctx, () => here.signedIn(present(), ctx)),
    signInHere: here.begin,
    arriveHere: (ctx) => scope.run(ctx, () => here.arrive(present(), ctx)),
    logoutDesk: createLogoutDesk(needs, present),
    documents: (path) => present().documents.get(path) ?? null,
    close: providers.close,
  }
}

/** Whoever refused did not know how the visit began; and where nobody does, the refusal stands. */
async function startAgain(next: () => Promise<unknown>, answer: () => Promise<boolean>): Promise<void> {
  try {
    await next()
  } catch (error) {
    const isOver = error instanceof Refusal && error.code === refusals.visitExpired().code
    if (!isOver || !(await answer())) throw error
  }
}

async function furnish(
  needs: Needs,
  parts: Parts & { completeSignOut: CompleteSignOut },
  scope: RequestScope,
): Promise<Furnished> {
  const { storage, shield, completeSignOut } = parts
  const provider = new Provider(needs.config.issuer, configurationOf(needs, parts))
  compareHashedSecrets(provider)
  admitDevices(provider)
  provider.use(tidyRegistrationAnswers(storage.isNobodysSecret))
  nameBySession(provider, storage.locators)
  decideAnewAtEachSignIn(provider)
  keepToClaimTerms(provider)
  drawSwitch(provider, parts.pages)
  endBeforeAnybodyIsTold(needs, provider, { completeSignOut, shield })
  const tellDirectly = tellNobodyYet(provider)
  noteProviderEvents(provider, needs)
  countProviderEvents(provider, needs)
  const mounted = mount(provider)
  return {
    provider,
    tellDirectly,
    visits: createVisits(provider, needs.clock),
    gatekeeper: storage.gatekeeper,
    middleware: providerMiddleware(mounted, needs.config.issuer, scope),
    directAnswers: createDirectAnswers(needs, provider, { ...parts, scope }),
    documents: await takeDocuments(mounted, needs.config),
  }
}
