/**
 * What may be used once. The library reads, does its checks, and then says "consumed" without looking at the answer; so
 * the decision is made here, by one swap against what was read, and the loser is told so by an error.
 */
import { errors, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { Key } from '../expiring/expiring.ts'
import { decode, type Records } from './records.ts'

/**
 * Two requests of one client for the same thing: the later one gets `invalid_grant` and nothing more. Whoever comes
 * later than this replays something stolen, and the library revokes the whole family (RFC 6749 §4.1.2, RFC 9700
 * §4.14.2). Tabs of a client share a refresh token and may be seconds apart; a code has one reader, and only a request
 * that was sent twice, while the first is under way, is not a theft.
 */
export const RACE_MILLISECONDS: Readonly<Record<string, number>> = {
  AuthorizationCode: 1_000,
  DeviceCode: 1_000,
  RefreshToken: 3_000,
}

export interface SingleUse {
  /** Throws unless this call is the one that consumed it. */
  consume(model: string, key: Key): Promise<void>
  /** Throws where somebody else has just consumed what is being redeemed. */
  refuseLosers(model: string, consumed: unknown): void
}

export function createSingleUse({ clock, random }: Pick<Campus, 'clock' | 'random'>, records: Records): SingleUse {
  return {
    async consume(model, key) {
      const before = await records.read(key)
      const record = decode(model, before)
      if (before === null || record === null || record.consumed) throw used(model)
      // The attempt makes the value our own: after a lost reply we know our swap from another's.
      const after = JSON.stringify({ ...record, consumed: clock().getTime(), attempt: random.token(12) })
      const answer = await records.swap(key, before, after)
      if (!answer.swapped) throw used(model)
    },

    refuseLosers(model, consumed) {
      // Elsewhere (a revocation) a consumed record is looked at, not redeemed.
      if (typeof consumed !== 'number' || Provider.ctx?.oidc.route !== 'token') return
      const since = clock().getTime() - consumed
      if (since < (RACE_MILLISECONDS[model] ?? 0)) throw new errors.InvalidGrant('redeemed a moment ago')
    },
  }
}

function used(model: string): Error {
  const reason = 'already used'
  return model === 'PushedAuthorizationRequest'
    ? new errors.InvalidRequestUri(undefined, reason)
    : new errors.InvalidGrant(reason)
}
