/**
 * Guessing the code of somebody's device (RFC 8628 §5.1): each look is counted before anything is looked for, against
 * the person who is signed in, the device, and where the guess comes from.
 */
import { errors, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { readKnownDevice } from '../devices/devices.ts'
import { addressOf } from '../http/request-state.ts'
import { type Attempt, giveBackAttempt, takeAttempt } from '../throttle/throttle.ts'
import { kindOf, noteOf } from './notes.ts'
import { asContext } from './provider-pages.ts'

type Needs = Pick<Campus, 'config' | 'clock' | 'expiring' | 'keyrings' | 'audit'>

/** Drawn as a page that says how long to wait (device-pages.ts). */
export class TooManyGuesses extends errors.OIDCProviderError {
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super(429, 'too_many_requests')
    this.name = 'TooManyGuesses'
    this.expose = true
    this.allow_redirect = false
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** A right code costs nothing. Throws `TooManyGuesses` before `look` is asked. */
export async function countGuess<Found>(
  needs: Needs,
  look: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const ctx = Provider.ctx
  if (!ctx) return look()
  const { session } = ctx.oidc
  const attempt: Attempt = {
    verifier: 'user-code',
    // Counts where nobody is signed in. Whoever throws the cookie away is still counted by where they are.
    account: session?.uid ?? '',
    personId: session?.accountId ?? null,
    address: addressOf(asContext(ctx)),
    device: readKnownDevice(needs, asContext(ctx)),
  }
  const verdict = await takeAttempt(needs, attempt)
  if (!verdict.allowed) {
    const row = { ...noteOf(ctx), event: 'device.throttled', result: 'refused', reason: verdict.reason } as const
    if (verdict.isFirst) needs.audit.note(row, kindOf(row))
    throw new TooManyGuesses(verdict.retryAfterSeconds)
  }
  const found = await look()
  if (found !== undefined) await giveBackAttempt(needs, attempt)
  return found
}
