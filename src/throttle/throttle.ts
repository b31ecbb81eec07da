/**
 * Stands in front of every verifier and counts a try before anything is compared, so that tries side by side gain
 * nothing. It knows no verifier: it never learns a secret, and a room that is about to compare one asks it first.
 */
import type { Campus } from '../campus.ts'
import type { CredentialKind } from '../credentials/credentials.ts'
import type { KnownDevice } from '../devices/devices.ts'
import { fingerprint } from '../keys/keys.ts'
import type { PersonId } from '../people/people.ts'
import { originOf } from './origin.ts'

export { type Origin, originOf, type Prefix, prefixesOf } from './origin.ts'

export type ThrottleReason = 'account_cap' | 'device_cap' | 'address_cap' | 'network_cap'

interface Cap {
  triesMax: number
  windowSeconds: number
}

/** How many tries may be open or wrong in one window; what turns out right is given back (`giveBackAttempt`). */
export const CAPS: Readonly<Record<ThrottleReason, Cap>> = {
  /** Of one person by devices that never signed them in: ten typing errors, and 40 guesses an hour for a stranger. */
  account_cap: { triesMax: 10, windowSeconds: 15 * 60 },
  /** Of one person by a device of theirs: a budget of its own, so that no stranger can use it up. */
  device_cap: { triesMax: 10, windowSeconds: 15 * 60 },
  /** One address over all accounts and verifiers: a shared flat mistypes less, one that sprays passwords hits this. */
  address_cap: { triesMax: 60, windowSeconds: 5 * 60 },
  /** A campus network: 83 sign-ins a second on the first day of term, of which one in five goes wrong. */
  network_cap: { triesMax: 5_000, windowSeconds: 5 * 60 },
}

/**
 * NIST SP 800-63B-4 §3.2.2: no more than 100 consecutive failures with one authenticator of one account; after that it
 * is as good as taken away, until the person binds a new one.
 */
export const CONSECUTIVE_FAILURES_MAX = 100

/**
 * Has a browser compute for a second or so before it may try: a person behind a busy campus network hardly notices, a
 * machine that goes through thousands of accounts does.
 */
export interface WorkProof {
  /** A task for this account (as folded by `foldLogin`), for the page to hand to the browser. */
  demand(account: string): Promise<string>
  /** True once for a solution of a task demanded for this account. */
  check(account: string, solution: string): Promise<boolean>
}

export interface Attempt {
  /** Which kind of secret is about to be compared, such as `password`; lower case words. */
  verifier: string
  /** As typed, folded by `foldLogin`. Counts only while nobody is known by it. */
  account: string
  /** Whose account it is: number and alias share one budget. */
  personId: PersonId | null
  address: string
  device: KnownDevice | null
  /** `WorkProof.check` has said so, for this account, for this try. */
  workProven?: boolean
}

export type Verdict =
  | { allowed: true }
  /** Nothing may be compared. `workHelps`: with a proof of work the same try would be let through. */
  | { allowed: false; retryAfterSeconds: number; reason: ThrottleReason; workHelps: boolean }

type Needs = Pick<Campus, 'config' | 'expiring'>

interface Counter {
  reason: ThrottleReason
  key: string
}

/**
 * Counts a try against everything that bounds it, in one flight, and says whether it may go on. When the store of the
 * counters does not answer this rejects (`Unavailable`), and so nothing is compared either.
 */
export async function takeAttempt(needs: Needs, attempt: Attempt): Promise<Verdict> {
  const counted = await Promise.all(
    countersOf(needs, attempt).map(async ({ reason, key }) => {
      const { triesMax, windowSeconds } = CAPS[reason]
      const { count, secondsLeft } = await needs.expiring.count(key, { seconds: windowSeconds })
      return { reason, over: count > triesMax, secondsLeft }
    }),
  )
  const over = counted.filter((one) => one.over && !(one.reason === 'network_cap' && attempt.workProven))
  const [first] = over
  if (!first) return { allowed: true }
  return {
    allowed: false,
    reason: first.reason,
    retryAfterSeconds: Math.max(1, ...over.map(({ secondsLeft }) => secondsLeft)),
    workHelps: over.every(({ reason }) => reason === 'network_cap'),
  }
}

/**
 * A try that turned out right costs nothing, so a busy address is not held against those who know their passwords.
 * Exactly one try is given back: were the count cleared, an attacker would clear it by signing in as themselves.
 */
export async function giveBackAttempt(needs: Needs, attempt: Attempt): Promise<void> {
  await Promise.all(
    countersOf(needs, attempt).map(({ reason, key }) =>
      needs.expiring.count(key, { seconds: CAPS[reason].windowSeconds, by: -1 }),
    ),
  )
}

/**
 * The second, lasting count: false when nothing may be compared any more. It lives in PostgreSQL, so neither a restart
 * nor a lost Redis gives a guesser a fresh start. A device of the person's has a count of its own.
 */
export async function takeLastingTry(
  { credentials }: Pick<Campus, 'credentials'>,
  { kind, personId, device }: { kind: CredentialKind<unknown>; personId: PersonId; device: KnownDevice | null },
): Promise<boolean> {
  const scope = ownDevice({ device, personId })?.id ?? 'unknown'
  return (await credentials.takeTry(kind, personId, scope, CONSECUTIVE_FAILURES_MAX)) !== null
}

/**
 * For whom expensive work is queued, so that the queue is fair between people rather than between addresses: a device
 * of the person's and every account behind a campus network wait in a line of their own.
 */
export function queueLine({ config }: Pick<Campus, 'config'>, attempt: Attempt): { address: string; account: string } {
  const account = attempt.personId ?? attempt.account
  const own = ownDevice(attempt)
  if (own) return { address: `device ${own.id}`, account }
  const origin = originOf(attempt.address, config.campusNetworks)
  return { address: origin.kind === 'campus' ? `${origin.name} ${account}` : origin.name, account }
}

/** The device, if it has signed this person in before. For anybody else it is a stranger's, whatever it knows. */
function ownDevice({ device, personId }: Pick<Attempt, 'device' | 'personId'>): KnownDevice | null {
  return device && personId && device.knows(personId) ? device : null
}

/** A device that knows the person answers for itself alone: neither strangers nor neighbours can use up its budget. */
function countersOf({ config }: Needs, attempt: Attempt): Counter[] {
  const { verifier, account, personId, address } = attempt
  const key = (kind: string, ...about: string[]) =>
    `throttle:${kind}:${fingerprint(config.cookieKeys, `throttle ${kind}`, about.join('\n'))}`

  const who = personId ? ['person', personId] : ['login', account]
  const own = ownDevice(attempt)
  if (own) return [{ reason: 'device_cap', key: key(`${verifier}-device`, own.id, ...who) }]

  const origin = originOf(address, config.campusNetworks)
  return [
    { reason: 'account_cap', key: key(`${verifier}-account`, ...who) },
    origin.kind === 'campus'
      ? { reason: 'network_cap', key: key('network', origin.name) }
      : { reason: 'address_cap', key: key('address', origin.name) },
  ]
}
