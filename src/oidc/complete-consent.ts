/** The two ends of a visit that no sign-in method owns: a person allows, or a person goes back. */
import type { Context } from 'koa'
import type { Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { refusals } from '../errors.ts'
import { addressOf, requestIdOf } from '../http/request-state.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { deviceOf, kindOf } from './notes.ts'
import type { Visit } from './oidc.ts'
import type { IsSame, Visits } from './visit.ts'

type Needs = Pick<Campus, 'config' | 'clock' | 'consents' | 'audit'>

interface Parts {
  provider: Provider
  visits: Visits
  gatekeeper: Gatekeeper
}

/** What is kept is what the page showed. The grant is made from it when the provider resumes (grants.ts). */
export async function completeConsent(needs: Needs, parts: Parts, ctx: Context): Promise<void> {
  const { consents, audit } = needs
  const { visits, gatekeeper } = parts
  const { visit, interaction } = await visits.open(ctx)
  const { prompt, personId, client } = visit
  if (prompt.name !== 'consent' || personId === null) throw refusals.wrongStep()
  const isSame: IsSame = ({ consent }) => consent !== undefined
  if (interaction.result) return visits.goOn(ctx, interaction, isSame)

  // Only the session that the page was drawn for, in the browser that holds it, can say yes.
  const session = await parts.provider.Session.get(parts.provider.createContext(ctx.req, ctx.res))
  if (session.uid !== interaction.session?.uid) throw refusals.visitExpired()
  const party = { personId, clientId: client.id, sessionUid: session.uid }
  const verdict = await gatekeeper.answer(party, session.loginTs ?? 0)
  if (!verdict.allowed) {
    await audit.record({
      ...rowOf(needs, ctx, visit),
      event: 'consent.refused',
      result: 'refused',
      reason: verdict.reason,
    })
    throw verdict.reason.startsWith('account_') ? refusals.accountNotActive() : refusals.visitExpired()
  }

  // The answer first: whoever presses both buttons has given one, and only that one leaves anything behind. What fails
  // after it leaves no consent, and the person is asked again.
  if ((await visits.settle(interaction, { consent: {} }, isSame)) === 'ours') {
    const { scopes, claims } = prompt
    const details = { scopes: scopes.join(' '), claims: claims.join(' '), visit: visit.correlation }
    await audit.record({ ...rowOf(needs, ctx, visit), event: 'consent.given', result: 'success', details })
    await consents.allow(personId, client.id, { scopes, claims })
  }
  visits.goOn(ctx, interaction, isSame)
}

export async function abandonVisit(needs: Needs, { visits }: Parts, ctx: Context): Promise<void> {
  const { visit, interaction } = await visits.open(ctx)
  const isSame: IsSame = ({ error }) => error === 'access_denied'
  if (interaction.result) return visits.goOn(ctx, interaction, isSame)
  const result = { error: 'access_denied', error_description: 'the person went back' }
  if ((await visits.settle(interaction, result, isSame)) === 'ours') {
    const details = { step: visit.prompt.name, visit: visit.correlation }
    const row = {
      ...rowOf(needs, ctx, visit),
      event: 'visit.abandoned',
      result: 'refused',
      reason: 'access_denied',
    } as const
    // Strangers may open visits and go back as often as they like.
    needs.audit.note({ ...row, details }, kindOf(row))
  }
  visits.goOn(ctx, interaction, isSame)
}

function rowOf(needs: Needs, ctx: Context, { personId, client }: Visit) {
  const row = { client: client.id, address: addressOf(ctx), request: requestIdOf(ctx), ...deviceOf(needs, ctx) }
  return personId === null ? row : { ...row, actor: `person:${personId}`, subject: `person:${personId}` }
}
