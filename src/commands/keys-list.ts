import { nextStepOf, type StoredKey, stateAt } from '../keys/keys.ts'
import { table } from '../terminal/terminal.ts'
import { type AddCommand, EXIT, type ExitCode, examples, json, moment, type Surroundings } from './command.ts'

export const addKeysList: AddCommand = (to, act) => {
  to.command('list')
    .summary('lists the keys, and what will become of each')
    .description(
      'Lists the keys that sign tokens and cookies: which are in use, since when, and what will become of each.',
    )
    .option('--json', 'print them as JSON, without what is secret')
    .addHelpText('after', examples('keys list', 'keys list --json'))
    .action(act(listKeys))
}

async function listKeys({ terminal, powers }: Surroundings, options: { json?: true }): Promise<ExitCode> {
  const { keys, clock } = await powers.campus()
  const now = clock()
  const all = (await keys.list()).map((key) => ({ ...key, state: stateAt(key, now), next: nextStepOf(key, now) }))
  if (options.json) terminal.out(json(all.map(({ sealed, ...key }) => key)))
  else if (all.length === 0) terminal.err('None yet: the first start of the server makes them.\n')
  else {
    const rows = all.map(({ id, purpose, state, next, sealedBy, ...times }) => [
      id,
      purpose,
      state,
      moment(since(times, state)),
      next === null ? '' : `${next.state} ${moment(next.at)}`,
      sealedBy,
    ])
    terminal.out(table(['KEY', 'FOR', 'STATE', 'SINCE', 'NEXT', 'SEALED BY'], rows))
  }
  return EXIT.ok
}

type Times = Pick<StoredKey, 'announcedAt' | 'activeFrom' | 'retiringFrom' | 'retiredFrom'>

function since({ announcedAt, activeFrom, retiringFrom, retiredFrom }: Times, state: ReturnType<typeof stateAt>): Date {
  const moments = { announced: announcedAt, active: activeFrom, retiring: retiringFrom, retired: retiredFrom }
  return moments[state] ?? activeFrom
}
