import { revokeRegistrationToken } from '../registration/registration.ts'
import { type AddCommand, EXIT, type ExitCode, examples, type Surroundings } from './command.ts'

export const addRegistrationTokenRevoke: AddCommand = (to, act) => {
  to.command('revoke')
    .summary('lets a token register nothing more')
    .description('Lets an initial access token register nothing more. The clients that came by it stay as they are.')
    .argument('<id>', 'its identifier, as `registration-token list` shows it')
    .addHelpText('after', examples('registration-token revoke xK3_9aQf'))
    .action(act(revoke))
}

async function revoke({ terminal, powers }: Surroundings, id: string): Promise<ExitCode> {
  const campus = await powers.campus()
  if (!(await revokeRegistrationToken({ ...campus, actor: `operator:${terminal.operator}` }, id))) {
    terminal.err('There is no such token, or it was revoked before.\n')
    return EXIT.refused
  }
  terminal.err('Revoked.\n')
  return EXIT.ok
}
