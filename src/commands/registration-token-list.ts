import { stateOfToken } from '../registration/registration.ts'
import { table } from '../terminal/terminal.ts'
import { type AddCommand, EXIT, type ExitCode, examples, json, moment, type Surroundings } from './command.ts'

export const addRegistrationTokenList: AddCommand = (to, act) => {
  to.command('list')
    .summary('lists the tokens by which relying parties register themselves')
    .description('Lists the initial access tokens, those that are over included, and how many clients came by each.')
    .option('--json', 'print them as JSON; the tokens themselves are known to nobody')
    .addHelpText('after', examples('registration-token list', 'registration-token list --json'))
    .action(act(list))
}

async function list({ terminal, powers }: Surroundings, options: { json?: true }): Promise<ExitCode> {
  const { registrationTokens, clock } = await powers.campus()
  const now = clock()
  const all = (await registrationTokens.list()).map((token) => ({ ...token, state: stateOfToken(token, now) }))
  if (options.json) terminal.out(json(all))
  else if (all.length === 0) terminal.err('None.\n')
  else {
    const rows = all.map(({ id, name, state, clientsCount, clientsMax, expiresAt, policy }) => [
      id,
      name,
      state,
      `${clientsCount} of ${clientsMax}`,
      moment(expiresAt),
      policy.hosts.join(' '),
    ])
    terminal.out(table(['ID', 'NAME', 'STATE', 'CLIENTS', 'UNTIL', 'HOSTS'], rows))
  }
  return EXIT.ok
}
