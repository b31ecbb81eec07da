/** The two ends of a visit that no sign-in method owns: a person allows, or a person goes back. */
import type { Context } from 'koa'
import type { Provider } from 'oidc-provider'
import type { Campus, Stores } from '../campus.ts'
import { refusals } from '../errors.ts'
import { concernsPerson } from '../gate/gate.ts'
import { addressOf, requestIdOf } from '../http/request-state.ts'
import type { PersonId } from '../people/people.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { deviceOf, kindOf } from './notes.ts'
import type { Visit } from './oidc.ts'
import type { IsSame, Visits } from './visit.ts'

/** As much of `Campus.transaction` as a consent needs. */
export interface ConsentTransaction {
  transaction<Result>(work: (stores: Pick<Stores, 'consents' | 'audit'>) => Promise<Result>): Promise<Result>
}

type Needs = Pick<Campus, 'config' | 'clock' | 'consents' | 'audit' | 'keyrings'> & ConsentTransaction

interface Parts {
  provider: Provider
  visits: Visits
  gatekeeper: Gatekeeper
}

/** What is kept is what the page showed. The grant is made from it when the provider resumes (grants.ts). */
export async function completeConsent(needs: Needs, parts: Parts, ctx: Context): Promise<void> {
  const { visits, gatekeeper } = parts
  const { visit, interaction } = await visits.open(ctx)
  const { prompt, personId, client } = visit
  if (prompt.name !== 'consent' || personId === null) throw refusals.wrongStep()
  const isSame: IsSame = ({ consent }) => consent !== undefined
  if (interaction.result && !isSame(interaction.result)) throw refusals.wrongStep()

  // Only the session that the page was drawn for, in the browser that holds it, can say yes.
  const session = await parts.provider.Session.get(parts.provider.createContext(ctx.req, ctx.res))
  if (session.uid !== interaction.session?.uid) throw refusals.visitExpired()
  const party = { personId, clientId: client.id, sessionUid: session.uid }
  const verdict = await gatekeeper.answer(party, session.loginTs ?? 0)
  if (!verdict.allowed) {
    await needs.audit.record({
      ...rowOf(needs, ctx, visit),
      event: 'consent.refused',
      result: 'refused',
      reason: verdict.reason,
    })
    throw concernsPerson(verdict.reason) ? refusals.accountNotActive() : refusals.visitExpired()
  }

  // The answer first: whoever presses both buttons has given one, and only that one leaves anything behind.
  const answer = interaction.result ? 'same' : await visits.settle(interaction, { consent: {} }, isSame)
  // A second click must not overtake the first one on its way to the store; nor is an answer lost whose keeping failed.
  if (answer === 'ours' || !(await isKept(needs, personId, visit))) await keep(needs, ctx, personId, visit)
  visits.goOn(ctx, interaction, isSame)
}

async function isKept({ consents }: Needs, personId: PersonId, { client, prompt }: Visit): Promise<boolean> {
  const kept = await consents.find(personId, client.id)
  if (!kept || prompt.name !== 'consent') return false
  return (
    prompt.scopes.every((scope) => kept.scopes.includes(scope)) &&
    prompt.claims.every((claim) => kept.claims.includes(claim))
  )
}

/** The consent and its row stand together, or neither does. */
async function keep(needs: Needs, ctx: Context, personId: PersonId, visit: Visit): Promise<void> {
  if (visit.prompt.name !== 'consent') return
  const { scopes, claims } = visit.prompt
  const details = { scopes: scopes.join(' '), claims: claims.join(' '), visit: visit.correlation }
  const row = { ...rowOf(needs, ctx, visit), event: 'consent.given', result: 'success', details } as const
  await needs.transaction(async ({ consents, audit }) => {
    await consents.allow(personId, visit.client.id, { scopes, claims })
    await audit.record(row)
  })
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
