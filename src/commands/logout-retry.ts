import { DELIVERY_HOURS } from '../logout-deliveries/logout-deliveries.ts'
import { type AddCommand, EXIT, type ExitCode, examples, type Surroundings } from './command.ts'

const HOUR_MILLISECONDS = 3_600_000

export const addLogoutRetry: AddCommand = (to, act) => {
  to.command('retry')
    .summary('tells relying parties again that were given up')
    .description(
      'Tries again what was given up, for another day: of one client, or of all. The server begins within a second.',
    )
    .argument('[client]', 'a client')
    .addHelpText('after', examples('logout retry', 'logout retry library'))
    .action(act(retry))
}

async function retry({ terminal, powers }: Surroundings, client: string | undefined): Promise<ExitCode> {
  const { transaction, clock } = await powers.campus()
  const now = clock()
  const until = new Date(now.getTime() + DELIVERY_HOURS * HOUR_MILLISECONDS)
  const count = await transaction(async ({ logoutDeliveries, audit }) => {
    const again = await logoutDeliveries.retry({ clientId: client ?? null, now, until })
    const row = {
      event: 'back-channel-logout.retried',
      result: 'success',
      actor: `operator:${terminal.operator}`,
    } as const
    if (again > 0) await audit.record({ ...row, ...(client !== undefined && { client }), details: { count: again } })
    return again
  })
  if (count === 0) terminal.err('None was given up: there is nothing to try again.\n')
  else terminal.out(`${count} ${count === 1 ? 'is' : 'are'} tried again.\n`)
  return EXIT.ok
}
