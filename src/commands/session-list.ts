import { listSessions, type PersonSession } from '../oidc/oidc.ts'
import { foldLogin } from '../people/people.ts'
import { table } from '../terminal/terminal.ts'
import { type AddCommand, EXIT, type ExitCode, examples, json, moment, type Surroundings } from './command.ts'
import type { CommandCampus } from './powers.ts'

export const addSessionList: AddCommand = (to, act) => {
  to.command('list')
    .summary('lists the sessions of a person')
    .description(
      'Lists where somebody is signed in, the newest session first: since when, until when at most, from which ' +
        'network and browser, and which relying parties took part.',
    )
    .argument('<login>', 'a number (学工号) or an alias')
    .option('--json', 'print them as JSON')
    .addHelpText('after', examples('session list 202407010101'))
    .action(act(list))
}

async function list({ terminal, powers }: Surroundings, login: string, options: { json?: true }): Promise<ExitCode> {
  const campus = await powers.campus()
  const person = await campus.people.findByLogin(foldLogin(login))
  if (person === null) {
    terminal.err('Nobody has this number or alias.\n')
    return EXIT.failed
  }
  const found = await listSessions(campus, person.id)
  if (options.json) terminal.out(json(found))
  else if (found.length === 0) terminal.err(`${person.name} is signed in nowhere.\n`)
  else {
    const names = await namesOf(campus, new Set(found.flatMap(({ clients }) => clients)))
    const rows = found.map((session) => cellsOf(session, names))
    terminal.out(table(['SESSION', 'SIGNED IN', 'ENDS', '7天免登录', 'FROM', 'RELYING PARTIES'], rows))
  }
  return EXIT.ok
}

function cellsOf(session: PersonSession, names: ReadonlyMap<string, string>): string[] {
  const { id, signedInAt, endsAt, remembered, from, clients } = session
  const parties = clients.map((client) => names.get(client) ?? client).join(', ')
  return [id, moment(signedInAt), moment(endsAt), remembered ? 'yes' : 'no', from ?? '', parties]
}

async function namesOf({ clients }: CommandCampus, ids: ReadonlySet<string>): Promise<Map<string, string>> {
  const found = await Promise.all([...ids].map((id) => clients.find(id)))
  return new Map(found.flatMap((client) => (client ? [[client.id, client.metadata.client_name] as const] : [])))
}
