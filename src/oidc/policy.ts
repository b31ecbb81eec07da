/**
 * Which page a person must visit next. The provider walks this list on every return to /auth, so rooms never link to
 * one another: they finish, and the policy chooses.
 */
import { type ClaimsParameterMember, errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import type { Clock } from '../campus.ts'
import { isOnLadder, type MethodProof, reaches, waysTo } from './assurance.ts'
import { chosenIdentity, isChoiceDue, SELECT_IDENTITY } from './chosen-identity.ts'
import { traitsOf } from './client-records.ts'
import { epochSeconds, sessionEndsAt } from './lifetimes.ts'

const { base, Check, Prompt } = interactionPolicy

type Policy = ReturnType<typeof base>

/** Reasons for a sign-in page that concern the person who is signed in, and nobody else. */
export const STEP_UP_REASONS: readonly string[] = ['acr_step_up', 'essential_acr']

/** `methods`: those that this installation offers. */
export function createPolicy(clock: Clock, methods: readonly MethodProof[]): Policy {
  const policy = base()
  const login = promptOf(policy, 'login')
  login.checks.add(accountGone, 0)
  login.checks.add(otherAccount)
  login.checks.add(sessionTooOld(clock))
  login.checks.add(stepUp(methods))
  login.checks.remove('essential_acrs')
  login.checks.remove('essential_acr')
  login.checks.add(essentialAcr(methods))

  const consent = promptOf(policy, 'consent')
  for (const check of consent.checks) {
    // The school has answered for its own clients, once and for everybody.
    const asks = check.check
    check.check = (ctx) => !isFirstParty(ctx) && asks(ctx)
  }
  // Whom it is about is the first question. What there is to choose, is known after the sign-in.
  policy.add(selectAccount(), 0)
  policy.add(selectIdentity(), policy.indexOf(consent))
  return policy
}

function promptOf(policy: Policy, name: string): interactionPolicy.Prompt {
  const prompt = policy.get(name)
  if (!prompt) throw new Error(`the library has no prompt '${name}' any more`)
  return prompt
}

function isFirstParty({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.client !== undefined && traitsOf(oidc.client)['campus:first_party']
}

/**
 * `prompt=select_account` (OpenID Connect Core §3.1.2.1). Where nobody is signed in, the sign-in page is the choice.
 * Whoever has just signed in has chosen.
 */
function selectAccount(): interactionPolicy.Prompt {
  const prompt = new Prompt({ name: 'select_account', requestable: true })
  const requested = prompt.checks.get('select_account_prompt')
  if (!requested) throw new Error('the library does not ask for the choice of an account any more')
  const { check } = requested
  requested.check = (ctx) => ctx.oidc.account !== undefined && !hasJustSignedIn(ctx) && check(ctx)
  return prompt
}

/** On the page before, the person said that they want to be somebody else. */
const otherAccount = new Check('other_account', 'another account is to sign in', 'login_required', (ctx) => {
  const answer = ctx.oidc.result?.['select_account']
  const isOther = typeof answer === 'object' && answer !== null && 'account' in answer && answer.account === 'other'
  return isOther && !hasJustSignedIn(ctx)
})

/** A prompt of our own: `prompt=select_identity`, or the client's rule (`choose_identity`). */
function selectIdentity(): interactionPolicy.Prompt {
  const due = new Check('identity_open', 'an identity is to be chosen', 'account_selection_required', (ctx) =>
    isChoiceDue(ctx, chosenIdentity(ctx.oidc.grant)),
  )
  const prompt = new Prompt({ name: SELECT_IDENTITY, requestable: true }, due)
  // The library's own check would show the page also to those who have nothing to choose.
  prompt.checks.remove(`${SELECT_IDENTITY}_prompt`)
  return prompt
}

/** Suspended, closed, or ended since: without this check the library would go on without an account, into a 500. */
const accountGone = new Check('account_gone', 'the account is not available', 'login_required', ({ oidc }) => {
  return oidc.session?.accountId !== undefined && oidc.account === undefined
})

function sessionTooOld(clock: Clock): interactionPolicy.Check {
  return new Check('session_too_old', 'the sign-in was too long ago', 'login_required', ({ oidc: { session } }) => {
    return session?.accountId !== undefined && sessionEndsAt(session) <= epochSeconds(clock())
  })
}

function hasJustSignedIn({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.result?.login !== undefined
}

/** One step in an authorization: what somebody could not reach by it is not asked for in a circle. */
function hasSteppedUp({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.result?.login?.['step_up'] === true
}

function wishedAcrs({ oidc: { params } }: KoaContextWithOIDC): string[] {
  return typeof params?.['acr_values'] === 'string' ? params['acr_values'].split(' ').filter(isOnLadder) : []
}

/**
 * `acr_values` are wishes (OpenID Connect Core §3.1.2.1): asked for where a method leads there, and the ID token says
 * what was reached. The library would ask for nothing.
 */
function stepUp(methods: readonly MethodProof[]): interactionPolicy.Check {
  return new Check(
    'acr_step_up',
    'a stronger sign-in is asked for',
    'unmet_authentication_requirements',
    (ctx) => {
      const { session } = ctx.oidc
      const wished = wishedAcrs(ctx)
      if (session?.accountId === undefined || wished.length === 0 || hasSteppedUp(ctx)) return false
      return !wished.some((acr) => reaches(session.acr, acr)) && waysTo(wished, session, methods).length > 0
    },
    (ctx) => helpful(ctx, wishedAcrs(ctx), methods),
  )
}

/** An essential `acr` (§5.5.1.1) is a condition. The library's own checks do not know that a higher rung will do. */
function essentialAcr(methods: readonly MethodProof[]): interactionPolicy.Check {
  return new Check(
    'essential_acr',
    'the sign-in that is required could not be obtained',
    'unmet_authentication_requirements',
    (ctx) => {
      const { session } = ctx.oidc
      const wanted = requiredAcrs(ctx)
      if (session?.accountId === undefined || wanted.length === 0) return false
      if (wanted.some((acr) => acr === session.acr || reaches(session.acr, acr))) return false
      if (!hasSteppedUp(ctx) && waysTo(wanted, session, methods).length > 0) return true
      throw new errors.UnmetAuthenticationRequirements('the sign-in that is required could not be obtained')
    },
    (ctx) => helpful(ctx, requiredAcrs(ctx), methods),
  )
}

/** For the page: which methods lead there. */
function helpful({ oidc: { session } }: KoaContextWithOIDC, wanted: string[], methods: readonly MethodProof[]) {
  return { only: waysTo(wanted, session ?? {}, methods).map(({ method }) => method) }
}

function requiredAcrs({ oidc: { claims } }: KoaContextWithOIDC): string[] {
  const required = claims.id_token?.['acr']
  return required?.essential ? valuesOf(required) : []
}

function valuesOf({ value, values }: ClaimsParameterMember): string[] {
  if (values !== undefined && !Array.isArray(values)) throw new errors.InvalidRequest('claims.id_token.acr.values')
  return [value, ...(values ?? [])].filter((acr) => typeof acr === 'string')
}
