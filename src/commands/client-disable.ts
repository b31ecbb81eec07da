import type { ClientRecord } from '../clients/clients.ts'
import { type Disabling, disableRegistered } from '../registration/registration.ts'
import { type AddCommand, confirmed, EXIT, type ExitCode, examples, type Surroundings } from './command.ts'

export const addClientDisable: AddCommand = (to, act) => {
  to.command('disable')
    .summary('ends a relying party that registered itself')
    .description(
      'Ends a relying party that registered itself, for good: nobody signs in to it from now on, whatever it holds ' +
        'is refused, and it cannot come back by itself. One of the clients file is taken out of the file instead.',
    )
    .argument('<client_id>', 'as `client list` shows it')
    .option('--yes', 'without asking')
    .addHelpText('after', examples('client disable dynamic-V1StGXR8_Z5jdHi6B-myTw'))
    .action(act(disable))
}

const MANAGED_WHERE: Record<Exclude<ClientRecord['managedBy'], 'dynamic'>, string> = {
  file: 'the clients file declares it: take it out there, and run campus-id client apply',
  staff: 'staff administer it',
  'built-in': 'it belongs to Campus ID itself',
}

async function disable({ terminal, powers }: Surroundings, id: string, options: { yes?: true }): Promise<ExitCode> {
  const campus = await powers.campus()
  const client = await campus.clients.find(id)
  if (client?.managedBy === 'dynamic' && client.disabledAt === null) {
    const question = `Disable ${id} (${client.metadata.client_name})? Nobody can sign in to it from then on.`
    if (!(await confirmed(terminal, question, options))) return EXIT.refused
  }
  const disabling = await disableRegistered({ ...campus, actor: `operator:${terminal.operator}` }, id)
  const { code, told } = answerOf(id, disabling)
  terminal.err(`${told}\n`)
  return code
}

function answerOf(id: string, disabling: Disabling): { code: ExitCode; told: string } {
  switch (disabling.outcome) {
    case 'disabled':
      return { code: EXIT.ok, told: 'Disabled.' }
    case 'before':
      return { code: EXIT.ok, told: `${id} was disabled before.` }
    case 'unknown':
      return { code: EXIT.refused, told: `There is no client ${id}: campus-id client list shows all.` }
    case 'elsewhere':
      return { code: EXIT.refused, told: `${id} did not register itself: ${MANAGED_WHERE[disabling.managedBy]}.` }
  }
}
