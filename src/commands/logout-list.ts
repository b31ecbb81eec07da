import type { StandingDelivery } from '../logout-deliveries/logout-deliveries.ts'
import { table } from '../terminal/terminal.ts'
import {
  type AddCommand,
  EXIT,
  type ExitCode,
  examples,
  json,
  moment,
  type Surroundings,
  wholeNumber,
} from './command.ts'

interface Options {
  waiting?: true
  client?: string
  limit: number
  json?: true
}

const LIMIT_MAX = 10_000

export const addLogoutList: AddCommand = (to, act) => {
  to.command('list')
    .summary('lists relying parties that could not be told that a session has ended')
    .description(
      'Lists what was given up after a day of tries: sessions that have ended here, and of which a relying party ' +
        'does not know. They are kept for two weeks.',
    )
    .option('--waiting', 'those that are still tried instead')
    .option('--client <id>', 'only those of one client')
    .option('-n, --limit <count>', 'at most so many', wholeNumber(1, LIMIT_MAX), 100)
    .option('--json', 'print them as JSON')
    .addHelpText('after', examples('logout list', 'logout list --waiting --client library'))
    .action(act(listDeliveries))
}

async function listDeliveries({ terminal, powers }: Surroundings, options: Options): Promise<ExitCode> {
  const { logoutDeliveries } = await powers.campus()
  const { waiting, client, limit } = options
  const found = await logoutDeliveries.list({ givenUp: !waiting, clientId: client ?? null, limit })
  if (options.json) terminal.out(json(found))
  else if (found.length === 0) terminal.err(waiting ? 'Nobody is to be told of anything.\n' : 'None was given up.\n')
  else terminal.out(table(HEADINGS, found.map(cellsOf)))
  return EXIT.ok
}

const HEADINGS = ['CLIENT', 'PERSON', 'ENDED', 'TRIES', 'FAILURE', 'NEXT']

function cellsOf({ clientId, personId, endedAt, attempts, failure, givenUpAt, dueAt }: StandingDelivery): string[] {
  const next = givenUpAt === null ? moment(dueAt) : `given up ${moment(givenUpAt)}`
  return [clientId, personId, moment(endedAt), String(attempts), failure ?? '', next]
}
