/**
 * Grants say what may be issued to a client for a person. They are made, never changed: for the school's own clients
 * from their registration, for others from what the person has allowed (src/consents). What a token then carries is
 * what the request asked for, within its grant.
 */
import type { Client, Configuration, Grant, KoaContextWithOIDC, Session } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { CLAIMS_OF_SCOPE, claimsOf, claimsWithin, KNOWN_SCOPES } from '../clients/clients.ts'
import { asResource, isChoiceDue, standingChoice } from './chosen-identity.ts'
import { traitsOf } from './client-records.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { epochSeconds } from './lifetimes.ts'
import type { SessionRecords } from './session-records.ts'
import type { Storage } from './storage-adapter.ts'

type Needs = Pick<Campus, 'consents' | 'clock' | 'random'>

/** The name of the session between person and client: not to be guessed, and kept for as long as the session. */
const SID_BYTES = 16

interface Allowance {
  scopes: string[]
  claims: string[]
  /** Neither given nor asked for: single claims beyond what the client is registered for. */
  withheld: string[]
  /** What the client may do in the person's name at resource servers, and which identity it knows them by. */
  resources: { identifier: string; scopes: string[] }[]
}

interface Situation {
  ctx: KoaContextWithOIDC
  client: Client
  session: Session
  personId: string
}

export function createLoadGrant(
  needs: Needs,
  { gatekeeper, sessions, locators }: Pick<Storage, 'gatekeeper' | 'sessions' | 'locators'>,
): NonNullable<Configuration['loadExistingGrant']> {
  return async (ctx) => {
    const { client, session, account } = ctx.oidc
    if (!client || !session || !account) return undefined
    const situation = { ctx, client, session, personId: account.accountId }
    const standing = await standingGrant(situation, gatekeeper)
    const chosen = standingChoice(ctx, standing)
    const allowed = await allowanceOf(needs, situation)
    const allowance = chosen === null ? allowed : { ...allowed, resources: [...allowed.resources, asResource(chosen)] }
    if (standing && says(standing, allowance)) return standing
    const fresh = freshGrant(needs, situation, allowance)
    // It lies with its session, by whose name it is found.
    fresh.jti = locators.newGrant(session.uid)
    // Unsaved, it only tells the policy what need not be asked again.
    return covers(allowance, ctx) && !isChoiceDue(ctx, chosen)
      ? await settle(situation, fresh, allowance, needs, sessions)
      : fresh
  }
}

async function allowanceOf({ consents }: Needs, { client, personId }: Situation): Promise<Allowance> {
  const registered = (client.scope ?? 'openid').split(' ')
  const { 'campus:first_party': isFirstParty, 'campus:resources': resources, 'campus:claims': terms } = traitsOf(client)
  const agreed = claimsWithin(registered, terms)
  const withheld = claimsOf(KNOWN_SCOPES).filter((claim) => !agreed.includes(claim))
  if (isFirstParty) return { scopes: registered, claims: agreed, withheld, resources }
  const consent = await consents.find(personId, client.clientId)
  const scopes = registered.filter((scope) => consent?.scopes.includes(scope))
  const single = agreed.filter((claim) => consent?.claims.includes(claim))
  return { scopes, claims: [...new Set([...claimsWithin(scopes, terms), ...single])], withheld, resources: [] }
}

/** The grant that this session has for the client. It may have been revoked, or ended by what was set since. */
async function standingGrant(situation: Situation, gatekeeper: Gatekeeper): Promise<Grant | undefined> {
  const { ctx, client, session, personId } = situation
  const id = session.grantIdFor(client.clientId)
  const grant = id === undefined ? undefined : await ctx.oidc.provider.Grant.find(id)
  if (grant?.accountId !== personId || grant.clientId !== client.clientId) return undefined
  const party = { personId, clientId: client.clientId, sessionUid: session.uid }
  return (await gatekeeper.answer(party, grant.iat)).allowed ? grant : undefined
}

function says(grant: Grant, { scopes, claims, resources }: Allowance): boolean {
  const identifiers = resources.map(({ identifier }) => identifier)
  return (
    sameWords(grant.getOIDCScope().split(' '), scopes) &&
    sameWords(grant.getOIDCClaims(), claims) &&
    sameWords(Object.keys(grant.resources ?? {}), identifiers) &&
    resources.every((resource) => sameWords(grant.getResourceScope(resource.identifier).split(' '), resource.scopes))
  )
}

function sameWords(some: readonly string[], others: readonly string[]): boolean {
  return some.toSorted().join(' ') === others.toSorted().join(' ')
}

function covers({ scopes, claims, withheld }: Allowance, { oidc }: KoaContextWithOIDC): boolean {
  const answered = [...claims, ...withheld, ...CLAIMS_OF_SCOPE.openid, 'sid', 'iss']
  return (
    [...oidc.requestParamOIDCScopes].every((scope) => scopes.includes(scope)) &&
    [...oidc.requestParamClaims].every((claim) => answered.includes(claim))
  )
}

function freshGrant({ clock }: Needs, { ctx, client, session, personId }: Situation, allowance: Allowance): Grant {
  const grant = new ctx.oidc.provider.Grant({ accountId: personId, clientId: client.clientId })
  if (allowance.scopes.length > 0) grant.addOIDCScope(allowance.scopes)
  if (allowance.claims.length > 0) grant.addOIDCClaims(allowance.claims)
  for (const { identifier, scopes } of allowance.resources) grant.addResourceScope(identifier, scopes)
  if (allowance.withheld.length > 0) grant.rejectOIDCClaims(allowance.withheld)
  // No grant is older than the sign-in that it rests on, which may count from the coming second (complete-sign-in.ts).
  grant.iat = Math.max(epochSeconds(clock()), session.loginTs ?? 0)
  return grant
}

/** Of tabs that come here at once, all go on with the grant of one. */
async function settle(
  { ctx, client, session, personId }: Situation,
  fresh: Grant,
  allowance: Allowance,
  { random }: Needs,
  sessions: SessionRecords,
): Promise<Grant> {
  const { clientId } = client
  const mine = { sid: session.sidFor(clientId) ?? random.token(SID_BYTES), grantId: await fresh.save() }
  const decided = await sessions.authorize({ uid: session.uid, accountId: personId, clientId }, mine)
  const { sid = mine.sid, grantId = mine.grantId } = decided
  const theirs = grantId === mine.grantId ? fresh : await ctx.oidc.provider.Grant.find(grantId)
  const grant = theirs && says(theirs, allowance) ? theirs : fresh
  session.sidFor(clientId, sid)
  session.grantIdFor(clientId, grant.jti)
  return grant
}
