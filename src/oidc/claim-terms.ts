/** The last step before a relying party reads claims: what its terms leave, under the names that it knows. */
import type { Client, Provider } from 'oidc-provider'
import { claimsWithin, inItsTerms } from '../clients/clients.ts'
import { traitsOf } from './client-records.ts'

/**
 * Marks claims that the ID token carries although the userinfo endpoint answers them: the library knows one rule for
 * all clients (`conformIdTokenClaims`). A symbol goes along when it copies what is known of a person.
 */
const ALSO_IN_ID_TOKEN = Symbol('also in the ID token')

interface Asked {
  /** For what the library wants the claims of an account. */
  use: string
  /** What was granted. */
  scope: string
  rejected: readonly string[]
}

export function withIdTokenClaims<Known extends object>(client: Client, known: Known, asked: Asked): Known {
  const { 'campus:claims': terms, 'campus:claims_in_id_token': isWanted } = traitsOf(client)
  if (asked.use !== 'id_token' || !isWanted) return known
  const wanted = claimsWithin(asked.scope.split(' '), terms).filter((claim) => !asked.rejected.includes(claim))
  return { ...known, [ALSO_IN_ID_TOKEN]: wanted }
}

/** ID tokens and answers of userinfo are both made here, signed or not. */
export function keepToClaimTerms(provider: Provider): void {
  const { result } = provider.Claims.prototype
  provider.Claims.prototype.result = async function inTerms() {
    const { client, available } = insideOf(this)
    const wanted = ALSO_IN_ID_TOKEN in available ? available[ALSO_IN_ID_TOKEN] : []
    const also = Object.entries(available).filter(([claim]) => Array.isArray(wanted) && wanted.includes(claim))
    return inItsTerms(traitsOf(client)['campus:claims'], { ...(await result.call(this)), ...Object.fromEntries(also) })
  }
}

/** The types of the library do not tell of these two. */
function insideOf(claims: object): { client: Client; available: object & { [ALSO_IN_ID_TOKEN]?: unknown } } {
  return claims as ReturnType<typeof insideOf>
}
