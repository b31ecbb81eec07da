import type { ClientRecord } from '../clients/clients.ts'
import { table } from '../terminal/terminal.ts'
import { type AddCommand, EXIT, type ExitCode, examples, json, type Surroundings } from './command.ts'

export const addClientList: AddCommand = (to, act) => {
  to.command('list')
    .summary('lists the relying parties')
    .description('Lists the relying parties, those that are disabled included.')
    .option('--json', 'print them as JSON, without their secrets')
    .addHelpText('after', examples('client list', 'client list --json'))
    .action(act(listClients))
}

async function listClients({ terminal, powers }: Surroundings, options: { json?: true }): Promise<ExitCode> {
  const { clients } = await powers.campus()
  const all = await clients.list()
  if (options.json) terminal.out(json(all.map(shown)))
  else if (all.length === 0) terminal.err('None.\n')
  else {
    const rows = all.map(({ id, managedBy, disabledAt, metadata }) => [
      id,
      disabledAt === null ? 'enabled' : 'disabled',
      managedBy,
      metadata.first_party ? 'first party' : 'third party',
      metadata.client_name,
    ])
    terminal.out(table(['ID', 'STATE', 'MANAGED BY', 'KIND', 'NAME'], rows))
  }
  return EXIT.ok
}

/** Without what it proves itself by, hashed or sealed as it is. */
function shown({ secretHashes: _, registration, ...client }: ClientRecord): object {
  if (!registration) return client
  const { accessHash: _managing, sealedSecret: _sealed, ...came } = registration
  return { ...client, registration: came }
}
