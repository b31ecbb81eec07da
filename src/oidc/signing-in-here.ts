/**
 * How pages of ours that belong to no visit sign a person in: by an authorization as any relying party's, for a client
 * that is ourselves (src/clients/own-client.ts). So there is one way in, with the policy in front of it. Nothing is
 * kept for it: who is signed in, says the session.
 */
import { createHash } from 'node:crypto'
import type { Context } from 'koa'
import { errors, type Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { OWN_CLIENT_ID, OWN_REDIRECT_PATH } from '../clients/clients.ts'
import type { Person } from '../people/people.ts'
import { createArrivalStates } from './arrival-state.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { epochSeconds, sessionEndsAt } from './lifetimes.ts'

type Needs = Pick<Campus, 'config' | 'clock' | 'random' | 'keyrings'>

interface Parts {
  provider: Provider
  gatekeeper: Gatekeeper
}

/** Who is signed in on a browser, as the gate sees them now. */
export interface SignedIn {
  person: Person
  since: Date
  acr: string | null
  amr: readonly string[]
}

/** What a page that stands alone asks of a sign-in; `to` is its own path and query. */
export interface SignInHere {
  to: string
  acr?: string
  maxAgeSeconds?: number
}

/** How somebody came back from there; `lost` with what is not this browser's, or was used. */
export type Arrival = { kind: 'arrived'; to: string } | { kind: 'refused'; error: string } | { kind: 'lost' }

const ADDRESS_CHARACTERS_MAX = 512
const VERIFIER_BYTES = 32

export function createSigningInHere(needs: Needs) {
  const { config, clock, random } = needs
  const states = createArrivalStates(needs)
  return {
    async signedIn({ provider, gatekeeper }: Parts, ctx: Context): Promise<SignedIn | null> {
      const session = await sessionOf(provider, ctx)
      const { accountId: personId, loginTs = 0, acr = null, amr = [], uid: sessionUid } = session
      if (personId === undefined || sessionEndsAt(session) <= epochSeconds(clock())) return null
      const answer = await gatekeeper.answer({ personId, clientId: null, sessionUid }, loginTs)
      if (!answer.allowed || answer.person === null) return null
      return { person: answer.person, since: new Date(loginTs * 1_000), acr, amr }
    },

    begin(ctx: Context, { to, acr, maxAgeSeconds }: SignInHere): void {
      const verifier = random.token(VERIFIER_BYTES)
      const query = new URLSearchParams({
        client_id: OWN_CLIENT_ID,
        response_type: 'code',
        scope: 'openid',
        redirect_uri: `${config.issuer}${OWN_REDIRECT_PATH}`,
        code_challenge: challengeOf(verifier),
        code_challenge_method: 'S256',
        state: states.make(ctx, { to: pathOfOurs(to, config.issuer), verifier }),
        ...(acr !== undefined && { acr_values: acr }),
        ...(maxAgeSeconds !== undefined && { max_age: String(maxAgeSeconds) }),
      })
      ctx.status = 303
      ctx.redirect(`/auth?${query}`)
    },

    async arrive({ provider }: Parts, ctx: Context): Promise<Arrival> {
      const arriving = states.open(ctx)
      if (arriving === null || ctx.query['iss'] !== config.issuer) return { kind: 'lost' }
      const { code, error } = ctx.query
      if (typeof error === 'string') return { kind: 'refused', error }
      if (typeof code !== 'string' || !(await redeem(provider, ctx, { code, ...arriving }))) return { kind: 'lost' }
      return { kind: 'arrived', to: arriving.to }
    },
  }
}

/** False where the code is another browser's or client's, or was used; of several at once one is right. */
async function redeem(
  provider: Provider,
  ctx: Context,
  { code: value, verifier }: { code: string; verifier: string },
): Promise<boolean> {
  const code = await provider.AuthorizationCode.find(value)
  if (code?.clientId !== OWN_CLIENT_ID || code.codeChallenge !== challengeOf(verifier)) return false
  try {
    await code.consume()
  } catch (error) {
    if (error instanceof errors.InvalidGrant) return false
    throw error
  }
  const session = await sessionOf(provider, ctx)
  return session.uid === code.sessionUid && session.accountId === code.accountId
}

function sessionOf(provider: Provider, ctx: Context) {
  return provider.Session.get(provider.createContext(ctx.req, ctx.res))
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

/** A page names its own address; anything that a browser would take for another site's is a mistake of ours. */
function pathOfOurs(to: string, issuer: string): string {
  const isPath = /^\/(?![/\\])[!-~]*$/.test(to) && to.length <= ADDRESS_CHARACTERS_MAX
  if (isPath && URL.parse(to, issuer)?.origin === issuer) return to
  throw new Error('a page that is not ours cannot be returned to')
}
