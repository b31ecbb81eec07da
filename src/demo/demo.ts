/** The demo: a few invented people, so that somebody who has just started Campus ID can try it at once. */
import type { Campus } from '../campus.ts'
import { passwordCredential, setPassword } from '../passwords/passwords.ts'
import { createPerson, foldLogin, newPerson, type PersonId } from '../people/people.ts'
import { DEMO_PASSWORD, DEMO_PEOPLE, type DemoPerson } from './demo-people.ts'
import { DEMO_CODES, demoStatement } from './demo-profiles.ts'

export { type DemoAddresses, demoAddresses, demoClientsFile } from './demo-clients.ts'
export { DEMO_PASSWORD, DEMO_PEOPLE } from './demo-people.ts'
export { demoSummary, type SummaryFacts } from './summary.ts'

type Needs = Pick<Campus, 'config' | 'clock' | 'random' | 'people' | 'credentials' | 'hasher' | 'transaction'>

const ACTOR = 'system'

/**
 * Adds whoever of the invented people is missing, and a password where there is none. What was changed since stays as
 * it is. Throws outside the demo: the password of these accounts is public.
 */
export async function seedDemo(needs: Needs): Promise<void> {
  if (needs.config.profile !== 'demo') throw new Error('demo accounts are for the demo alone')
  for (const person of DEMO_PEOPLE) {
    const id = await findOrCreate(needs, person)
    // Asked for apart: the first start may have ended between the two.
    if ((await needs.credentials.find(passwordCredential, id)) !== null) continue
    const about = { personId: id, password: DEMO_PASSWORD, endSessions: false, actor: ACTOR }
    const outcome = await setPassword(needs, { ...about, address: null, request: null })
    if (outcome.kind === 'refused') throw new Error(`the demo password is refused: ${outcome.problems.join(', ')}`)
  }
}

async function findOrCreate(needs: Needs, { notes, ...input }: DemoPerson): Promise<PersonId> {
  const made = newPerson(needs, input)
  if (!made.ok) throw new Error(`a demo person is wrong: ${made.problems.map(({ field }) => field).join(', ')}`)
  const { person } = made
  const known = await needs.people.findByLogin(foldLogin(person.identities[0]?.number ?? ''))
  if (known !== null) return known.id
  await needs.transaction(async (stores) => {
    await stores.codes.add(DEMO_CODES)
    await createPerson(stores, person, demoStatement(person, needs.clock()))
    const about = { actor: ACTOR, subject: `person:${person.id}` }
    await stores.audit.record({ event: 'person.created', result: 'success', ...about })
  })
  return person.id
}
