/** What the hosted pages know of a visit, and what a sign-in method says at its end. */
import type { PersonId } from '../people/people.ts'

/** A person standing on a hosted page because some relying party sent them. */
export interface Visit {
  /** In the path of every address of this visit: `/interaction/<uid>/…`. */
  uid: string
  /** The request that began it, sealed, where the address had it (src/pages/visit-address.ts). */
  again: string | null
  /** Stays the same over all steps of one authorization; goes into the audit. */
  correlation: string
  prompt: VisitPrompt
  client: VisitClient
  /** `ui_locales`, `login_hint` and so on, as sent; never trusted, length-capped. */
  params: Readonly<Record<string, string>>
  /** Who is signed in on this browser already (a step-up, a consent); null when nobody is. */
  personId: PersonId | null
}

export type VisitPrompt =
  /** `only`: for a stronger sign-in, the methods that lead to it. */
  | { name: 'login'; reasons: string[]; only?: readonly string[] }
  /** Whether the person who is signed in goes on, or somebody else; under which identity. */
  | { name: 'account' | 'identity'; reasons: string[] }
  /** What is asked for and was not allowed yet: scopes, single claims; `fields` are the claims that both come to. */
  | { name: 'consent'; reasons: string[]; scopes: string[]; claims: string[]; fields: string[] }

export interface VisitClient {
  id: string
  name: string
  nameIn: Record<string, string>
  uri: string | null
  logoUri: string | null
  policyUri: string | null
  tosUri: string | null
  firstParty: boolean
  /**
   * Of one that registered itself, whose name is what it calls itself: the hosts that its answers go to, or schemes of
   * apps such as `cn.edu.example:`. null where the school has looked at it.
   */
  unvettedHosts: readonly string[] | null
}

/** What a sign-in method has established. `amr` values are those of RFC 8176. */
export interface Proof {
  personId: PersonId
  method: string
  amr: string[]
  /** 7天免登录: the session outlives the browser. */
  remember: boolean
  /**
   * The moment before the verifier read anything. What ends everything while it works (a new password, set by staff)
   * ends this sign-in too.
   */
  provenAt: Date
}
