/** The demo's invented people and its start summary. Only the demo profile comes here. */
import type { Campus } from '../campus.ts'
import { passwordCredential, setPassword } from '../passwords/passwords.ts'
import { createPerson, foldLogin, type NewPersonInput, newPerson, type PersonId } from '../people/people.ts'
import { DEMO_PASSWORD, DEMO_PEOPLE } from './people.ts'

export { demoSummary, type SummaryFacts } from './summary.ts'

type Needs = Pick<Campus, 'clock' | 'credentials' | 'hasher' | 'people' | 'random' | 'transaction'>

/** Makes what is missing. Whoever exists is left as they are: people try things, and want them kept. */
export async function seedDemo(needs: Needs): Promise<void> {
  for (const { input } of DEMO_PEOPLE) {
    const number = foldLogin(input.identities[0]?.number ?? '')
    const existing = await needs.people.findByLogin(number)
    const personId = existing?.id ?? (await createDemoPerson(needs, input))
    // Asked for apart: a start that was interrupted may have left a person without a password.
    if (await needs.credentials.find(passwordCredential, personId)) continue
    const set = await setPassword(needs, {
      personId,
      password: DEMO_PASSWORD,
      actor: 'system',
      endSessions: false,
      address: null,
      request: null,
    })
    if (set.kind === 'refused') throw new Error(`the demo's password is refused: ${set.problems.join(', ')}`)
  }
}

async function createDemoPerson(needs: Needs, input: NewPersonInput): Promise<PersonId> {
  const answer = newPerson(needs, input)
  if (!answer.ok) throw new Error(`${input.name} of the demo is not well formed`, { cause: answer.problems })
  const { person } = answer
  await needs.transaction(async (stores) => {
    await createPerson(stores, person)
    const subject = `person:${person.id}`
    await stores.audit.record({ event: 'person.created', result: 'success', actor: 'system', subject })
  })
  return person.id
}
