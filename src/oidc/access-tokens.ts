/** How codes and tokens are made: by their length one kind is told from another, and no JWT leaves past the gate. */
import type { Configuration } from 'oidc-provider'
import type { SubjectLookup } from '../subjects/subjects.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { sectorOfResource } from './resource-indicators.ts'
import type { SessionActivity } from './session-activity.ts'
import type { Shield } from './unavailable.ts'

/**
 * Of what is presented at introspection or revocation, the library asks the store as an access token, as a client's own
 * and as a refresh token. Those of persons tell of themselves what they are (locators.ts); a client's own has a length
 * that no other has (RFC 6749 §10.10 asks for 160 bits at most). So two of the three need no trip.
 */
const BITS: Readonly<Record<string, number>> = { ClientCredentials: 270 }
const BITS_OF_OTHERS = 256
const BITS_PER_CHARACTER = 6

export function couldBe(model: string, id: string): boolean {
  const bits = BITS[model]
  return bits === undefined || id.length === Math.ceil(bits / BITS_PER_CHARACTER)
}

interface Parts {
  gatekeeper: Gatekeeper
  activity: SessionActivity
  subjectOf: SubjectLookup
  shield: Shield
}

export function tokenFormats({
  gatekeeper,
  activity,
  subjectOf,
  shield,
}: Parts): NonNullable<Configuration['formats']> {
  return {
    bitsOfOpaqueRandomness: (_ctx, { kind }) => BITS[kind] ?? BITS_OF_OTHERS,
    customizers: {
      /** RFC 9068. A JWT is not stored, and so would pass by the gate that stands before the store. */
      jwt: shield(async (_ctx, token, jwt) => {
        const { kind, clientId } = token
        if (token.kind === 'AccessToken') {
          const { accountId, grantId, gty, sessionUid } = token
          await gatekeeper.admit(kind, { clientId, accountId, grantId, sessionUid })
          await activity.issued({ accountId, gty, sessionUid })
          jwt.payload['sub'] = await subjectOf(accountId, sectorOfResource({ id: String(token.aud) }))
        } else await gatekeeper.admit(kind, { clientId })
      }),
    },
  }
}
