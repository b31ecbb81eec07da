/** The one way in: every sign-in method ends here, and here alone a person is written into a session. */
import type { Context } from 'koa'
import type { Interaction, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { introduceDevice } from '../devices/devices.ts'
import { refusals } from '../errors.ts'
import { addressOf, requestIdOf } from '../http/request-state.ts'
import { prefixesOf } from '../throttle/throttle.ts'
import { assuranceOf, higherOf, methodsTogether } from './assurance.ts'
import { browserName } from './browser-name.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { epochSeconds } from './lifetimes.ts'
import { deviceOf } from './notes.ts'
import type { Proof, Visit } from './oidc.ts'
import { STEP_UP_REASONS } from './policy.ts'
import type { SignInNotes } from './session-choices.ts'
import type { IsSame, Visits } from './visit.ts'

type Needs = Pick<Campus, 'config' | 'clock' | 'random' | 'audit' | 'notBefore' | 'metrics' | 'keyrings'>

interface Parts {
  provider: Provider
  visits: Visits
  gatekeeper: Gatekeeper
}

export async function completeSignIn(needs: Needs, parts: Parts, ctx: Context, proof: Proof): Promise<void> {
  const { visit, interaction } = await parts.visits.open(ctx)
  if (visit.prompt.name !== 'login') throw refusals.wrongStep()
  const isSame: IsSame = ({ login }) => login?.accountId === proof.personId
  if (interaction.result) return parts.visits.goOn(ctx, interaction, isSame)
  const labels = { method: proof.method, client: visit.client.id }
  const steppingUp = isStepUp(visit)
  // What a second person can prove must not strengthen the first one's session.
  if (steppingUp && proof.personId !== visit.personId) throw refusals.wrongStep()

  const since = await admit(needs, { ...parts, sessionUid: interaction.session?.uid ?? null }, ctx, visit, proof)
  const together = steppingUp ? (interaction.session?.amr ?? []) : []
  const amr = methodsTogether(together, proof.amr)
  const acr = assuranceOf({ method: proof.method, amr })
  const login = {
    accountId: proof.personId,
    acr: steppingUp ? higherOf(interaction.session?.acr, acr) : acr,
    amr,
    ts: since,
    step_up: steppingUp,
    remember: proof.remember || (steppingUp && (await isRemembered(parts.provider, interaction))),
    ...({ stepsUp: steppingUp, from: whereFrom(ctx) } satisfies SignInNotes),
  }
  // What another person has answered on the way is not theirs.
  if (visit.personId !== null && visit.personId !== proof.personId) delete interaction.lastSubmission
  const details = { method: proof.method, acr: login.acr, remember: login.remember, visit: visit.correlation }
  const device = introduceDevice(needs, ctx, proof.personId, proof.provenAt)
  const row = { ...rowOf(ctx, visit, proof), device: device.id, result: 'success', details } as const
  // Nobody gets in without a row, and no row claims what did not happen: of several who prove themselves at once for
  // one visit, one signs in.
  await needs.audit.record({ ...row, event: 'sign-in.proven' })
  if ((await parts.visits.settle(interaction, { login }, isSame)) === 'ours') {
    needs.audit.note({ ...row, event: 'sign-in.completed' })
    needs.metrics.count('campus_sign_ins_total', { ...labels, result: 'success' })
  }
  device.remember()
  parts.visits.goOn(ctx, interaction, isSame)
}

function isStepUp({ personId, prompt }: Visit): boolean {
  return personId !== null && prompt.reasons.every((reason) => STEP_UP_REASONS.includes(reason))
}

interface Admission {
  gatekeeper: Gatekeeper
  /** The session that goes on under this person, if there is one. */
  sessionUid: string | null
}

/** Answers since when the session counts, in epoch seconds. Throws `accountNotActive`, or `visitExpired`. */
async function admit(
  needs: Needs,
  { gatekeeper, sessionUid }: Admission,
  ctx: Context,
  visit: Visit,
  proof: Proof,
): Promise<number> {
  const { personId, provenAt } = proof
  const party = { personId, clientId: visit.client.id, sessionUid }
  const verdict = await gatekeeper.answer(party, provenAt.getTime() / 1_000)
  if (verdict.allowed) return sinceWhen(gatekeeper, party, provenAt)
  const { reason } = verdict
  const details = { method: proof.method, visit: visit.correlation }
  const row = { ...rowOf(ctx, visit, proof), ...deviceOf(needs, ctx) }
  const refused = { event: 'sign-in.refused', result: 'refused', reason, details } as const
  needs.metrics.count('campus_sign_ins_total', { method: proof.method, client: visit.client.id, result: 'not_allowed' })
  await needs.audit.record({ ...row, ...refused })
  throw reason === 'client_disabled' ? refusals.visitExpired() : refusals.accountNotActive()
}

/**
 * The provider counts in whole seconds. Where everything was ended within this very second (a new password, and at once
 * a sign-in with it), the new session counts from the next one, or it would end with the old.
 */
async function sinceWhen(
  gatekeeper: Gatekeeper,
  party: Parameters<Gatekeeper['answer']>[0],
  provenAt: Date,
): Promise<number> {
  const second = epochSeconds(provenAt)
  return (await gatekeeper.answer(party, second)).allowed ? second : second + 1
}

/** A step up must not turn 7天免登录 off. */
async function isRemembered(provider: Provider, { session }: Interaction): Promise<boolean> {
  const standing = session && (await provider.Session.findByUid(session.uid))
  return standing !== undefined && standing.transient !== true
}

/** Enough for a person to know it again, and no more. */
function whereFrom(ctx: Context): string | null {
  const network = prefixesOf(addressOf(ctx)).at(-1)?.name
  const known = [network, browserName(ctx.get('user-agent'))].filter((part) => part)
  return known.length === 0 ? null : known.join(', ')
}

function rowOf(ctx: Context, visit: Visit, { personId }: Proof) {
  const person = `person:${personId}`
  return {
    actor: person,
    subject: person,
    client: visit.client.id,
    address: addressOf(ctx),
    request: requestIdOf(ctx),
  }
}
