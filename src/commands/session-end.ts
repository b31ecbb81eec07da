import { endSession, endSessionsOf, findSession } from '../oidc/oidc.ts'
import { foldLogin } from '../people/people.ts'
import { type AddCommand, confirmed, EXIT, type ExitCode, examples, type Surroundings } from './command.ts'

interface Options {
  person?: string
  yes?: true
}

export const addSessionEnd: AddCommand = (to, act) => {
  to.command('end')
    .summary('ends a session, or all of a person')
    .description(
      'Ends a session of somebody, as session list names it, or all of a person: with it whatever was issued in it ' +
        'is refused from now on, and the relying parties that took part are told within a few seconds.',
    )
    .argument('[session]', 'a session, as session list names it')
    .option('--person <login>', 'all sessions of this number (学工号) or alias instead')
    .option('--yes', 'all of a person without asking')
    .addHelpText('after', examples('session end V1StGXR8_Z5jdHi6B-myT', 'session end --person 202407010101'))
    .action(act(end))
}

async function end(surroundings: Surroundings, session: string | undefined, options: Options): Promise<ExitCode> {
  const { terminal } = surroundings
  if ((session === undefined) === (options.person === undefined)) {
    terminal.err('Either a session, or --person with a number or an alias.\n')
    return EXIT.usage
  }
  if (session !== undefined) return endOne(surroundings, session)
  return endAllOf(surroundings, options.person ?? '', options)
}

async function endOne({ terminal, powers }: Surroundings, id: string): Promise<ExitCode> {
  const campus = await powers.campus()
  const session = await findSession(campus, id)
  if (session === null) {
    terminal.err('There is no such session: it has ended, or never was.\n')
    return EXIT.failed
  }
  await endSession(campus, session, { actor: `operator:${terminal.operator}` })
  terminal.out('The session has ended.\n')
  return EXIT.ok
}

async function endAllOf({ terminal, powers }: Surroundings, login: string, options: Options): Promise<ExitCode> {
  const campus = await powers.campus()
  const person = await campus.people.findByLogin(foldLogin(login))
  if (person === null) {
    terminal.err('Nobody has this number or alias.\n')
    return EXIT.failed
  }
  if (!(await confirmed(terminal, `End all sessions of ${person.name}?`, options))) return EXIT.refused
  await endSessionsOf(campus, person.id, { actor: `operator:${terminal.operator}` })
  terminal.out(`All sessions of ${person.name} have ended.\n`)
  return EXIT.ok
}
