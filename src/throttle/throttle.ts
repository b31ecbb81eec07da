/**
 * Stands in front of every verifier and counts a try before anything is compared, so that tries side by side gain
 * nothing. It knows no verifier: it never learns a secret, and a room that is about to compare one asks it first.
 */
import type { Campus } from '../campus.ts'
import type { CredentialKind } from '../credentials/credentials.ts'
import type { KnownDevice } from '../devices/devices.ts'
import { type Counter, countTogether, giveBack } from '../expiring/expiring.ts'
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
  /**
   * One address over all accounts and verifiers: a shared flat mistypes less, one that sprays passwords hits this. The
   * wider networks of an IPv6 address have three and ten times as many (`prefixesOf`).
   */
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
  /**
   * Nothing may be compared. `workHelps`: with a proof of work the same try would be let through. `isFirst`: this try
   * has just reached the cap. That is worth an audit row; the flood behind it would fill the disk with them.
   */
  | { allowed: false; retryAfterSeconds: number; reason: ThrottleReason; workHelps: boolean; isFirst: boolean }

type Needs = Pick<Campus, 'config' | 'expiring' | 'keyrings'>

export interface LastingTry {
  kind: CredentialKind<unknown>
  personId: PersonId
  device: KnownDevice | null
}

interface Limit extends Counter {
  reason: ThrottleReason
  /** Whether it bounds tries at somebody, or tries from somewhere. */
  side: 'who' | 'where'
  triesMax: number
}

/**
 * Counts a try against everything that bounds it, in one trip, and says whether it may go on. A refused try uses up
 * only what refuses it, for one trip more: guesses at one account must not shut out the neighbours behind the same
 * address, nor must an address that is shut out use up the tries of the people whom it names. When the store of the
 * counters does not answer this rejects (`Unavailable`), and so nothing is compared either.
 */
export async function takeAttempt(needs: Needs, attempt: Attempt): Promise<Verdict> {
  const counted = await countTogether(needs, limitsOf(needs, attempt))
  const over = counted.filter(
    ({ reason, count, triesMax }) => count > triesMax && !(reason === 'network_cap' && attempt.workProven),
  )
  const fromWhere = over.filter(({ side }) => side === 'where')
  const refusing = fromWhere.length > 0 ? fromWhere : over
  const [first] = refusing
  if (!first) return { allowed: true }

  const others = counted.filter((limit) => !refusing.includes(limit))
  await giveBack(needs, others)
  return {
    allowed: false,
    reason: first.reason,
    retryAfterSeconds: Math.max(1, ...over.map(({ secondsLeft }) => secondsLeft)),
    workHelps: over.every(({ reason }) => reason === 'network_cap'),
    isFirst: refusing.some(({ count, triesMax }) => count === triesMax + 1),
  }
}

/**
 * A try that turned out right costs nothing, so a busy address is not held against those who know their passwords.
 * Exactly one try is given back: were the count cleared, an attacker would clear it by signing in as themselves.
 */
export async function giveBackAttempt(needs: Needs, attempt: Attempt): Promise<void> {
  await giveBack(needs, limitsOf(needs, attempt))
}

/**
 * A try that an overload of ours has ended before anything was compared is not held against the person. It is against
 * the address, or a flood that finds the queue full would be free and could keep it so. A campus network is none:
 * on the first day of term thousands would share the blame for our queue, and its accounts wait in lines of their own.
 */
export async function giveBackShedAttempt(needs: Needs, attempt: Attempt): Promise<void> {
  await giveBack(
    needs,
    limitsOf(needs, attempt).filter(({ reason }) => reason !== 'address_cap'),
  )
}

/**
 * The second, lasting count: false when nothing may be compared any more. It lives in PostgreSQL, so neither a restart
 * nor a lost Redis gives a guesser a fresh start. A device of the person's has a count of its own.
 */
export async function takeLastingTry(
  { credentials }: Pick<Campus, 'credentials'>,
  { kind, personId, device }: LastingTry,
): Promise<boolean> {
  const scope = lastingScope(personId, device)
  return (await credentials.takeTry(kind, personId, scope, CONSECUTIVE_FAILURES_MAX)) !== null
}

/**
 * Only for a try that was taken and of which it is certain that nothing was compared: given back after a comparison, or
 * where none was taken, it would be a guess beyond the last.
 */
export async function giveBackLastingTry(
  { credentials }: Pick<Campus, 'credentials'>,
  { kind, personId, device }: LastingTry,
): Promise<void> {
  await credentials.giveBackTry(kind, personId, lastingScope(personId, device))
}

function lastingScope(personId: PersonId, device: KnownDevice | null): string {
  return ownDevice({ device, personId })?.id ?? 'unknown'
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
function limitsOf({ config, keyrings }: Needs, attempt: Attempt): Limit[] {
  const { verifier, account, personId, address } = attempt
  const key = (kind: string, ...about: string[]) =>
    `throttle:${kind}:${keyrings.fingerprint(`throttle ${kind}`, about.join('\n'))}`

  const who = personId ? ['person', personId] : ['login', account]
  const limit = (reason: ThrottleReason, side: Limit['side'], name: string, factor = 1): Limit => ({
    reason,
    side,
    key: name,
    seconds: CAPS[reason].windowSeconds,
    triesMax: CAPS[reason].triesMax * factor,
  })
  const own = ownDevice(attempt)
  if (own) return [limit('device_cap', 'who', key(`${verifier}-device`, own.id, ...who))]

  const origin = originOf(address, config.campusNetworks)
  return [
    limit('account_cap', 'who', key(`${verifier}-account`, ...who)),
    ...(origin.kind === 'campus'
      ? [limit('network_cap', 'where', key('network', origin.name))]
      : origin.prefixes.map(({ name, factor }) => limit('address_cap', 'where', key('address', name), factor))),
  ]
}
