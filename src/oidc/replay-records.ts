/**
 * Identifiers that may come once: the `jti` of a client's assertion, of a proof of possession. The library asks "seen?"
 * and then says "seen": two requests at once would both be told no. So the question itself is the reservation.
 */
import type { Adapter } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { ASSERTION_SECONDS_MAX, CLOCK_TOLERANCE_SECONDS } from './client-assertions.ts'
import { keyOf, type Records } from './records.ts'

/** The library takes a proof whose `iat` lies so far behind or ahead, and one with a nonce for less. */
const PROOF_SECONDS_MAX = 2 * 300

/** Longer than anything that is accepted can live (client-assertions.ts), so what is reserved needs no second trip. */
const RESERVED_SECONDS = Math.max(ASSERTION_SECONDS_MAX, PROOF_SECONDS_MAX) + 3 * CLOCK_TOLERANCE_SECONDS

export function createReplayRecords({ random }: Pick<Campus, 'random'>, records: Records): Adapter {
  return {
    async find(id) {
      const mine = random.token(12)
      const standing = await records.reserve(keyOf('ReplayDetection', id), mine, { seconds: RESERVED_SECONDS })
      return standing === mine ? undefined : { kind: 'ReplayDetection', jti: id }
    },
    upsert: async () => undefined,
    destroy: async () => undefined,
    consume: async () => undefined,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  }
}
