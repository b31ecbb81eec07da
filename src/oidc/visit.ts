/** The visit that a hosted page is serving: read from the provider's interaction, answered once. */
import type { Context } from 'koa'
import { type Client, errors, type Interaction, type InteractionResults, type Provider } from 'oidc-provider'
import type { Clock } from '../campus.ts'
import { claimsWithin } from '../clients/clients.ts'
import { refusals } from '../errors.ts'
import { againIn, withAgain } from '../pages/visit-address.ts'
import { SELECT_IDENTITY } from './chosen-identity.ts'
import { traitsOf, visitClientOf } from './client-records.ts'
import { VisitAnswered } from './interaction-records.ts'
import { epochSeconds } from './lifetimes.ts'
import type { Visit, VisitPrompt } from './oidc.ts'
import { STEP_UP_REASONS } from './policy.ts'

export interface OpenVisit {
  visit: Visit
  interaction: Interaction
}

/** Tells whether the answer that stands is this very one: a double click goes on where the first click went. */
export type IsSame = (standing: InteractionResults) => boolean

export interface Visits {
  /** Throws `visitExpired`. */
  open(ctx: Context): Promise<OpenVisit>
  /** For a visit that has its answer: goes on where it is the same, throws `wrongStep` where it is another. */
  goOn(ctx: Context, interaction: Interaction, isSame: IsSame): void
  /**
   * Of several answers one stands: whatever is to come of it, is done by who learns here that it is theirs. Nobody has
   * gone on yet. Throws `visitExpired`, and `wrongStep` where another one stands.
   */
  settle(interaction: Interaction, result: InteractionResults, isSame: IsSame): Promise<'ours' | 'same'>
}

/** Pages draw them; nothing that a stranger chose is longer than this there. */
const PARAMETER_CHARACTERS_MAX = 2_048

export function createVisits(provider: Provider, clock: Clock): Visits {
  async function interactionOf(ctx: Context): Promise<Interaction> {
    const interaction = await provider.interactionDetails(ctx.req, ctx.res).catch((cause) => {
      throw cause instanceof errors.SessionNotFound ? refusals.visitExpired(cause) : cause
    })
    // The cookie is as narrow as its page; a page that names another visit was made by somebody else.
    if (!ctx.path.startsWith(`/interaction/${interaction.uid}`)) throw refusals.visitExpired()
    return interaction
  }

  const settle: Visits['settle'] = async (interaction, result, isSame) => {
    // What earlier steps of this authorization have settled stays settled, unless it ends here.
    interaction.result = 'error' in result ? result : { ...interaction.lastSubmission, ...result }
    try {
      await interaction.save(Math.max(interaction.exp - epochSeconds(clock()), 1))
      return 'ours'
    } catch (error) {
      if (!(error instanceof VisitAnswered)) throw error
      const standing = await provider.Interaction.find(interaction.uid)
      if (!standing) throw refusals.visitExpired(error)
      if (!standing.result || !isSame(standing.result)) throw refusals.wrongStep()
      return 'same'
    }
  }

  async function open(ctx: Context): Promise<OpenVisit> {
    const interaction = await interactionOf(ctx)
    const client = await provider.Client.find(String(interaction.params['client_id']))
    // Disabled while the page was open.
    if (!client) throw refusals.visitExpired()
    const visit: Visit = {
      uid: interaction.uid,
      again: againIn(ctx),
      correlation: interaction.cid,
      prompt: promptOf(interaction, client),
      client: visitClientOf(client),
      params: textsOf(interaction.params),
      personId: interaction.session?.accountId ?? null,
    }
    return { visit, interaction }
  }

  const opened = new WeakMap<Context, Promise<OpenVisit>>()
  return {
    open(ctx) {
      // The page and what completes it ask one after the other, about what this request has read already.
      const visit = opened.get(ctx) ?? open(ctx)
      opened.set(ctx, visit)
      return visit
    },
    goOn,
    settle,
  }
}

/** 303: whatever was posted here must not be posted there (RFC 9700 §4.12). */
function goOn(ctx: Context, { result, returnTo }: Interaction, isSame: IsSame): void {
  if (!result || !isSame(result)) throw refusals.wrongStep()
  ctx.status = 303
  ctx.redirect(withAgain(returnTo, againIn(ctx)))
}

function promptOf({ prompt, params }: Interaction, client: Client): VisitPrompt {
  const { name, reasons, details } = prompt
  if (name === 'select_account') return { name: 'account', reasons }
  if (name === SELECT_IDENTITY) return { name: 'identity', reasons }
  if (name !== 'consent') return loginPrompt(reasons, textListOf(details['only']))
  const scopes = textListOf(details['missingOIDCScope'] ?? wordsOf(params['scope']))
  const claims = textListOf(details['missingOIDCClaims'])
  const fields = [...new Set([...claimsWithin(scopes, traitsOf(client)['campus:claims']), ...claims])]
  return { name, reasons, scopes, claims, fields }
}

/** With every method, unless it is about those that lead higher. */
function loginPrompt(reasons: string[], only: string[]): VisitPrompt {
  const isStepUp = reasons.every((reason) => STEP_UP_REASONS.includes(reason))
  return isStepUp && only.length > 0 ? { name: 'login', reasons, only } : { name: 'login', reasons }
}

function wordsOf(value: unknown): string[] {
  return typeof value === 'string' ? value.split(' ') : []
}

function textListOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}

function textsOf(params: Record<string, unknown>): Record<string, string> {
  const texts = Object.entries(params).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= PARAMETER_CHARACTERS_MAX,
  )
  return Object.fromEntries(texts)
}
