/** What a person who is signed in chooses on the way: to go on under this account, and under which identity. */
import type { Context } from 'koa'
import type { Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { refusals } from '../errors.ts'
import { concernsPerson } from '../gate/gate.ts'
import { addressOf, requestIdOf } from '../http/request-state.ts'
import { type Identity, type Person, type Profile, validIdentities } from '../people/people.ts'
import { SELECT_IDENTITY } from './chosen-identity.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { deviceOf } from './notes.ts'
import type { Visit } from './oidc.ts'
import type { IsSame, OpenVisit, Visits } from './visit.ts'

type Needs = Pick<Campus, 'config' | 'clock' | 'audit' | 'keyrings'>

interface Parts {
  provider: Provider
  visits: Visits
  gatekeeper: Gatekeeper
}

/** Who stands on a page of a visit, with what they can choose from. */
export interface Chooser {
  person: Person
  profile: Profile
  /** Those that are valid now, the one that speaks for them first. */
  identities: Identity[]
}

/** Throws `visitExpired` in another browser than the one that holds the session, and `accountNotActive`. */
export async function chooserAt(needs: Needs, { provider, gatekeeper }: Parts, ctx: Context, open: OpenVisit) {
  const { visit, interaction } = open
  const session = await provider.Session.get(provider.createContext(ctx.req, ctx.res))
  const { personId } = visit
  if (personId === null || session.uid !== interaction.session?.uid) throw refusals.visitExpired()
  const party = { personId, clientId: visit.client.id, sessionUid: session.uid }
  const verdict = await gatekeeper.answer(party, session.loginTs ?? 0)
  if (!verdict.allowed) throw concernsPerson(verdict.reason) ? refusals.accountNotActive() : refusals.visitExpired()
  const { person, profile } = verdict
  if (person === null || profile === null) throw refusals.visitExpired()
  return { person, profile, identities: validIdentities(person, needs.clock()) } satisfies Chooser
}

/**
 * `same`: on under the account that is signed in. `other`: on to the sign-in page; whoever signs in there begins a
 * session of their own, in which nothing of the first is left.
 */
export async function completeAccount(needs: Needs, parts: Parts, ctx: Context, answer: 'same' | 'other') {
  const { visits } = parts
  const open = await visits.open(ctx)
  if (open.visit.prompt.name !== 'account') throw refusals.wrongStep()
  const isSame: IsSame = ({ select_account: given }) => isAnswer(given, 'account', answer)
  if (!open.interaction.result) {
    await chooserAt(needs, parts, ctx, open)
    await visits.settle(open.interaction, { select_account: { account: answer } }, isSame)
  }
  visits.goOn(ctx, open.interaction, isSame)
}

/** `not_offered`: it has ended since the page was drawn, or is not theirs. Nobody has gone on then. */
export async function completeIdentity(
  needs: Needs,
  parts: Parts,
  ctx: Context,
  identityId: string,
): Promise<'done' | 'not_offered'> {
  const { visits } = parts
  const open = await visits.open(ctx)
  if (open.visit.prompt.name !== 'identity') throw refusals.wrongStep()
  const isSame: IsSame = ({ [SELECT_IDENTITY]: given }) => isAnswer(given, 'identity', identityId)
  if (!open.interaction.result) {
    const { identities } = await chooserAt(needs, parts, ctx, open)
    const chosen = identities.find(({ id }) => id === identityId)
    if (!chosen) return 'not_offered'
    const answer = { [SELECT_IDENTITY]: { identity: identityId } }
    if ((await visits.settle(open.interaction, answer, isSame)) === 'ours') noteChoice(needs, ctx, open.visit, chosen)
  }
  visits.goOn(ctx, open.interaction, isSame)
  return 'done'
}

function noteChoice(needs: Needs, ctx: Context, visit: Visit, { id, type }: Identity): void {
  const person = `person:${visit.personId}`
  needs.audit.note({
    ...{ event: 'identity.chosen', result: 'success', actor: person, subject: person, client: visit.client.id },
    ...{ address: addressOf(ctx), request: requestIdOf(ctx), ...deviceOf(needs, ctx) },
    details: { identity: id, type, visit: visit.correlation },
  })
}

function isAnswer(given: unknown, field: string, value: string): boolean {
  return typeof given === 'object' && given !== null && Reflect.get(given, field) === value
}
