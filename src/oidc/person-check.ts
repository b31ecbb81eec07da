import type { Campus } from '../campus.ts'
import type { GateReason, Party } from '../gate/gate.ts'
import { maySignIn, type Person, type SignInObstacle } from '../people/people.ts'
import type { Gatekeeper } from './gatekeeper.ts'

export type PersonAnswer = { allowed: true; person: Person } | { allowed: false; reason: GateReason | SignInObstacle }

/** `since` as in `Gatekeeper.answer`. */
export type PersonCheck = (party: Party & { personId: string }, since: number) => Promise<PersonAnswer>

/** Whether a person may go on, through this client and in this session: the gate, and an identity that is valid. */
export function createPersonCheck(
  { people, clock }: Pick<Campus, 'people' | 'clock'>,
  gatekeeper: Gatekeeper,
): PersonCheck {
  return async (party, since) => {
    const [verdict, person] = await Promise.all([gatekeeper.answer(party, since), people.find(party.personId)])
    if (!verdict.allowed) return verdict
    if (!person) return { allowed: false, reason: 'no_such_person' }
    const permission = maySignIn(person, clock())
    return permission.allowed ? { allowed: true, person } : permission
  }
}
