import { table } from '../terminal/terminal.ts'
import { type AddCommand, EXIT, type ExitCode, examples, json, type Surroundings, wholeNumber } from './command.ts'

interface Options {
  limit: number
  after?: string
  json?: true
}

export const addPersonList: AddCommand = (to, act) => {
  to.command('list')
    .summary('lists people by number')
    .description('Lists people by their number, a page at a time.')
    .option('--limit <count>', 'how many', wholeNumber(1, 1000), 50)
    .option('--after <number>', 'go on behind this number, the last of the page before')
    .option('--json', 'print them as JSON, with all their identities')
    .addHelpText('after', examples('person list --limit 20', 'person list --after 202407010101 --json'))
    .action(act(listPeople))
}

async function listPeople(
  { terminal, powers }: Surroundings,
  { limit, after, json: asJson }: Options,
): Promise<ExitCode> {
  const { people } = await powers.campus()
  const page = await people.list({ after: after ?? null, limit })
  if (asJson) terminal.out(json(page))
  else if (page.length === 0) terminal.err('Nobody.\n')
  else {
    const rows = page.map(({ name, state, identities }) => [
      identities.map(({ number }) => number).join(' '),
      state,
      identities.map(({ type }) => type).join(' '),
      name,
    ])
    terminal.out(table(['NUMBER', 'STATE', 'TYPE', 'NAME'], rows))
  }
  return EXIT.ok
}
