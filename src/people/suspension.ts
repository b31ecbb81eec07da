import type { Campus } from '../campus.ts'
import { refusals } from '../errors.ts'
import type { PersonId, PersonState } from './people.ts'

export interface Suspension {
  personId: PersonId
  to: 'suspended' | 'active'
  /** As the audit has it: `operator:<name>`. */
  actor: string
  /** In the words of whoever acts, for the audit. */
  reason: string | null
}

/** `state`: what they are instead, where they cannot be suspended or restored. */
export type SuspensionOutcome = { kind: 'changed' } | { kind: 'unchanged' } | { kind: 'refused'; state: PersonState }

/**
 * Suspends whoever is active, or makes active again whoever is suspended; nobody who is pending or closed becomes
 * active by a detour. The state, the moment before which nothing of theirs counts, and the audit row stand together or
 * not at all. The moment is set by both: what began before a suspension, or slipped in at its edge, does not come back
 * with the person. Relying parties are told afterwards (src/logout-deliveries). Throws `refusals.notFound`.
 */
export function suspendOrRestore(
  { transaction, clock }: Pick<Campus, 'transaction' | 'clock'>,
  { personId, to, actor, reason }: Suspension,
): Promise<SuspensionOutcome> {
  const from = to === 'suspended' ? 'active' : 'suspended'
  return transaction(async ({ people, notBefore, audit }) => {
    if (!(await people.setState(personId, { from, to }))) {
      const person = await people.find(personId)
      if (person === null) throw refusals.notFound()
      return person.state === to ? { kind: 'unchanged' } : { kind: 'refused', state: person.state }
    }
    const act = to === 'suspended' ? 'suspended' : 'restored'
    // With the person's row in our hands.
    await notBefore.set('person', personId, { at: clock(), reason: act, expiresAt: null })
    await audit.record({
      ...{ event: `person.${act}`, result: 'success', actor, subject: `person:${personId}` },
      ...(reason !== null && { details: { reason } }),
    })
    return { kind: 'changed' }
  })
}
