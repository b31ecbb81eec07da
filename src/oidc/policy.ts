/**
 * Which page a person must visit next. The provider walks this list on every return to /auth, so rooms never link to
 * one another: they finish, and the policy chooses.
 */
import { type ClaimsParameterMember, errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import type { Clock } from '../campus.ts'
import { isOnLadder, reaches } from './assurance.ts'
import { traitsOf } from './client-records.ts'
import { epochSeconds, sessionEndsAt } from './lifetimes.ts'

const { base, Check } = interactionPolicy

type Policy = ReturnType<typeof base>

/** Reasons for a sign-in page that concern the person who is signed in, and nobody else. */
export const STEP_UP_REASONS: readonly string[] = ['acr_step_up', 'essential_acr']

export function createPolicy(clock: Clock): Policy {
  const policy = base()
  const login = promptOf(policy, 'login')
  login.checks.add(accountGone, 0)
  login.checks.add(sessionTooOld(clock))
  login.checks.add(stepUp)
  login.checks.remove('essential_acrs')
  login.checks.remove('essential_acr')
  login.checks.add(essentialAcr)

  const consent = promptOf(policy, 'consent')
  for (const check of consent.checks) {
    // The school has answered for its own clients, once and for everybody.
    const asks = check.check
    check.check = (ctx) => !isFirstParty(ctx) && asks(ctx)
  }
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

/** Suspended, closed, or ended since: without this check the library would go on without an account, into a 500. */
const accountGone = new Check('account_gone', 'the account is not available', 'login_required', ({ oidc }) => {
  return oidc.session?.accountId !== undefined && oidc.account === undefined
})

function sessionTooOld(clock: Clock): interactionPolicy.Check {
  return new Check('session_too_old', 'the sign-in was too long ago', 'login_required', ({ oidc: { session } }) => {
    return session?.accountId !== undefined && sessionEndsAt(session) <= epochSeconds(clock())
  })
}

/** The steps of this very authorization count: what a sign-in could not reach is not asked for in a circle. */
function hasJustSignedIn({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.result?.login !== undefined
}

/**
 * `acr_values` are wishes (OpenID Connect Core §3.1.2.1): asked for once; then the ID token says what was reached. The
 * library would ask for nothing.
 */
const stepUp = new Check(
  'acr_step_up',
  'a stronger sign-in is asked for',
  'unmet_authentication_requirements',
  (ctx) => {
    const { session, params } = ctx.oidc
    const wished = typeof params?.['acr_values'] === 'string' ? params['acr_values'].split(' ').filter(isOnLadder) : []
    if (session?.accountId === undefined || wished.length === 0 || hasJustSignedIn(ctx)) return false
    return !wished.some((acr) => reaches(session.acr, acr))
  },
)

/** An essential `acr` (§5.5.1.1) is a condition. The library's own checks do not know that a higher rung will do. */
const essentialAcr = new Check(
  'essential_acr',
  'the sign-in that is required could not be obtained',
  'unmet_authentication_requirements',
  (ctx) => {
    const { claims, session } = ctx.oidc
    const required = claims.id_token?.['acr']
    if (session?.accountId === undefined || !required?.essential) return false
    const wanted = valuesOf(required)
    if (wanted.length === 0 || wanted.some((acr) => acr === session.acr || reaches(session.acr, acr))) return false
    if (!hasJustSignedIn(ctx)) return true
    throw new errors.UnmetAuthenticationRequirements('the sign-in that is required could not be obtained')
  },
)

function valuesOf({ value, values }: ClaimsParameterMember): string[] {
  if (values !== undefined && !Array.isArray(values)) throw new errors.InvalidRequest('claims.id_token.acr.values')
  return [value, ...(values ?? [])].filter((acr) => typeof acr === 'string')
}
