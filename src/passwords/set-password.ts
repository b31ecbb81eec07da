import type { Campus } from '../campus.ts'
import { refusals } from '../errors.ts'
import type { PersonId } from '../people/people.ts'
import { passwordCredential } from './password-credential.ts'
import { type PasswordProblem, passwordProblems } from './password-policy.ts'
import { passwordText } from './password-text.ts'

type Needs = Pick<Campus, 'clock' | 'hasher' | 'people' | 'transaction'>

export interface NewPassword {
  personId: PersonId
  password: string
  /** As the audit writes it: `person:<uuid>` or `operator:<name>`. */
  actor: string
  /**
   * Refuses whatever was issued before, and makes strangers of the devices that knew the person: for a recovery or an
   * act of staff, where somebody else may be signed in.
   */
  endSessions: boolean
  /** null on the command line. */
  address: string | null
  request: string | null
}

export type SetPasswordOutcome = { kind: 'set' } | { kind: 'refused'; problems: PasswordProblem[] }

/**
 * Sets or replaces a password; who may do so is the caller's question. The password, a fresh count of failures (a new
 * authenticator is bound, NIST SP 800-63B-4 §3.2.2), the end of the sessions and the audit row are kept together or not
 * at all. Throws `refusals.notFound` for an unknown person.
 */
export async function setPassword(needs: Needs, given: NewPassword): Promise<SetPasswordOutcome> {
  const { personId, actor, address, request, endSessions } = given
  const person = await needs.people.find(personId)
  if (!person) throw refusals.notFound()
  const text = passwordText(given.password)
  if (text === null) throw refusals.malformedPassword()
  const problems = passwordProblems(text, person)
  if (problems.length > 0) return { kind: 'refused', problems }

  // Before the transaction: waiting for a thread must not keep a connection and its locks.
  const hash = await needs.hasher.hash(text, { address: address ?? actor, account: personId })
  await needs.transaction(async ({ credentials, notBefore, audit }) => {
    const before = await credentials.find(passwordCredential, personId)
    const { devicesSince } = before ?? {}
    // An end once set stays, or the next change of password would make an intruder's device known again.
    await credentials.put(passwordCredential, personId, { hash, ...(devicesSince && { devicesSince }) })
    await credentials.forgetFailures(passwordCredential, personId)
    if (endSessions) {
      // With the password's row in our hands: whoever signed in by the old one had it confirmed before this moment.
      const now = needs.clock()
      await credentials.put(passwordCredential, personId, { hash, devicesSince: now })
      await notBefore.set('person', personId, { at: now, reason: 'password_changed', expiresAt: null })
    }
    await audit.record({
      event: 'password.set',
      result: 'success',
      actor,
      subject: `person:${personId}`,
      ...(address !== null && { address }),
      ...(request !== null && { request }),
      details: { sessions_ended: endSessions },
    })
  })
  return { kind: 'set' }
}
