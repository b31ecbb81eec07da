import type { AuditEvent } from '../audit/audit.ts'
import type { Campus } from '../campus.ts'
import type { KnownDevice } from '../devices/devices.ts'
import { isUnavailable } from '../errors.ts'
import { foldLogin, type PersonId } from '../people/people.ts'
import {
  type Attempt,
  giveBackAttempt,
  giveBackLastingTry,
  giveBackShedAttempt,
  queueLine,
  takeAttempt,
  takeLastingTry,
} from '../throttle/throttle.ts'
import { passwordCredential, type StoredPassword } from './password-credential.ts'
import { lengthOf, PASSWORD_LENGTH_MAX, passwordText } from './password-text.ts'
import type { PasswordAttempt, PasswordOutcome } from './passwords.ts'

type Needs = Pick<Campus, 'audit' | 'config' | 'credentials' | 'expiring' | 'hasher' | 'keyrings'>

/** Stands where an account is missing, so that the same questions are asked about it. Nobody is ever called so. */
const NOBODY: PersonId = '00000000-0000-0000-0000-000000000000'

type RightPassword = Extract<Comparison, { matches: true }>

type Comparison =
  | { matches: true; personId: PersonId; password: string; credential: StoredPassword }
  | { matches: false; reason: 'wrong_password' | 'unknown_account' | 'no_password' | 'too_many_failures' }

/**
 * Says whose account it is, if the password is theirs, and never which half was wrong: whatever is the matter with an
 * account (missing, suspended, without a password, guessed at too often), the same queries, one hash and one audit row
 * are spent on it. Whether the person may sign in is asked later (`completeSignIn`), of the one who has proven the
 * password. Rejects with `Unavailable` when a store or the hashing queue has no answer: then nobody gets in.
 */
export async function checkPassword(needs: Needs, typed: PasswordAttempt): Promise<PasswordOutcome> {
  const account = foldLogin(typed.login)
  const found = await needs.credentials.findByLogin(passwordCredential, account)
  const [personId, credential] = [found?.personId ?? null, found?.data ?? null]
  const { address, workProven = false } = typed
  const device = personId && credential ? stillKnown(typed.device, personId, credential) : typed.device
  const attempt: Attempt = { verifier: 'password', account, personId, address, device, workProven }

  const verdict = await takeAttempt(needs, attempt)
  if (!verdict.allowed) {
    const { retryAfterSeconds, workHelps, reason: cap, isFirst } = verdict
    // The request log has the others. Whoever is over a cap could fill the disk with rows that nobody may delete.
    if (isFirst) await needs.audit.record(refusal(needs, attempt, typed, 'too_many_tries', { cap }))
    return { kind: 'throttled', retryAfterSeconds, workHelps }
  }

  const compared = await compare(needs, attempt, credential, comparablePassword(typed.password))
  if (!compared.matches) {
    await needs.audit.record(refusal(needs, attempt, typed, compared.reason))
    return { kind: 'wrong' }
  }
  // It was no guess, whatever has become of the password since.
  const [stands] = await Promise.all([stillStands(needs, attempt, compared), giveBackAttempt(needs, attempt)])
  if (!stands) {
    await needs.audit.record(refusal(needs, attempt, typed, 'password_changed'))
    return { kind: 'wrong' }
  }
  return { kind: 'right', personId: compared.personId }
}

/** A stranger's from the moment that the password says: whoever was signed in on it may be why it was set. */
function stillKnown(device: KnownDevice | null, personId: PersonId, { devicesSince }: StoredPassword) {
  return devicesSince && !device?.knows(personId, devicesSince) ? null : device
}

/** null for what no stored password can equal. */
function comparablePassword(typed: string): string | null {
  const text = passwordText(typed)
  return text !== null && lengthOf(text) <= PASSWORD_LENGTH_MAX ? text : null
}

async function compare(
  needs: Needs,
  attempt: Attempt,
  credential: StoredPassword | null,
  password: string | null,
): Promise<Comparison> {
  const { personId, device } = attempt
  const lasting = { kind: passwordCredential, personId: personId ?? NOBODY, device }
  const mayCompare = await takeLastingTry(needs, lasting)
  const isComparable = mayCompare && credential && password !== null
  const encoded = isComparable ? credential.hash : needs.hasher.decoy
  const verified = needs.hasher.verify(encoded, password ?? '', queueLine(needs, attempt))
  const matches = await verified.catch(async (error: unknown) => {
    // Without an answer of the threads nothing was compared: while they are flooded a stranger could use up all of a
    // person's tries. Where none was taken none comes back, or an exhausted account would be compared again.
    if (isUnavailable(error)) {
      const taken = mayCompare ? lasting : { ...lasting, personId: NOBODY }
      await Promise.all([giveBackShedAttempt(needs, attempt), giveBackLastingTry(needs, taken)])
    }
    throw error
  })

  if (personId === null) return { matches: false, reason: 'unknown_account' }
  if (!mayCompare) return { matches: false, reason: 'too_many_failures' }
  if (!credential) return { matches: false, reason: 'no_password' }
  if (password === null || !matches) return { matches: false, reason: 'wrong_password' }
  return { matches, personId, password, credential }
}

/**
 * Whether what was verified is the password still, now that the verifying is done: a new one may have been set
 * meanwhile. The write waits for whoever is setting one (`setPassword`), so no moment lies between the two. It also
 * forgets the failures so far, and renews an outdated hash, for which the password is at hand only now.
 */
async function stillStands(needs: Needs, attempt: Attempt, right: RightPassword): Promise<boolean> {
  const { personId, password, credential } = right
  const hash = needs.hasher.isOutdated(credential.hash) ? await renewedHash(needs, attempt, password) : null
  const renewed = hash === null ? credential : { ...credential, hash }
  if (await needs.credentials.confirm(passwordCredential, personId, credential, renewed)) return true
  // Another sign-in by the same password may have renewed it, which is no change of password.
  const present = await needs.credentials.find(passwordCredential, personId)
  if (!present || !(await needs.hasher.verify(present.hash, password, queueLine(needs, attempt)))) return false
  return needs.credentials.confirm(passwordCredential, personId, present, present)
}

/** null where the queue is full: it can wait for the next sign-in, and keeps nobody out. */
async function renewedHash(needs: Needs, attempt: Attempt, password: string): Promise<string | null> {
  return needs.hasher.hash(password, queueLine(needs, attempt)).catch((error: unknown) => {
    if (isUnavailable(error)) return null
    throw error
  })
}

/** A login that nobody has may be a password typed into the wrong field: the row carries a keyed hash of it. */
function refusal(
  { keyrings }: Needs,
  attempt: Attempt,
  { clientId: client, address, device, request }: PasswordAttempt,
  reason: string,
  details: Record<string, string> = {},
): AuditEvent {
  const { personId, account } = attempt
  return {
    event: 'sign-in.refused',
    result: 'refused',
    reason,
    client,
    address,
    request,
    ...(personId && { subject: `person:${personId}` }),
    ...(device && { device: device.id }),
    details: {
      method: 'password',
      ...(personId ? {} : { fingerprint: keyrings.fingerprint('audit account', account) }),
      ...details,
    },
  }
}
