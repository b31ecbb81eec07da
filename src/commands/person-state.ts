import { foldLogin, type PersonState, type Suspension, suspendOrRestore } from '../people/people.ts'
import { confirmed, EXIT, type ExitCode, type Surroundings } from './command.ts'

export interface Asked {
  reason?: string
  yes?: true
}

export const LOGIN = ['<login>', 'their number (学工号) or an alias'] as const
export const REASON = ['--reason <words>', 'why, for the audit, where it stays for ever'] as const

const OBSTACLES: Record<PersonState, string> = {
  pending: 'has not activated the account yet',
  active: 'is not suspended',
  suspended: 'is suspended',
  closed: 'has a closed account',
}

/** For `person suspend` and `person restore`. */
export async function changeState(
  { terminal, powers }: Surroundings,
  to: Suspension['to'],
  login: string,
  options: Asked,
): Promise<ExitCode> {
  const campus = await powers.campus()
  const person = await campus.people.findByLogin(foldLogin(login))
  if (person === null) {
    terminal.err('Nobody has this number or alias.\n')
    return EXIT.failed
  }
  const { id: personId, name, state } = person
  if (to === 'suspended' && state === 'active') {
    const question = `Suspend ${name}, and end all of their sessions?`
    if (!(await confirmed(terminal, question, options))) return EXIT.refused
  }
  const asked = { personId, to, actor: `operator:${terminal.operator}`, reason: options.reason ?? null }
  const outcome = await suspendOrRestore(campus, asked)
  if (outcome.kind === 'refused') {
    terminal.err(`${name} ${OBSTACLES[outcome.state]}: nothing was changed.\n`)
    return EXIT.refused
  }
  terminal.out(`${name} is ${to} ${outcome.kind === 'changed' ? 'now' : 'already'}.\n`)
  return EXIT.ok
}
