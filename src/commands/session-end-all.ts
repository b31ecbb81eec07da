import { ALL } from '../gate/gate.ts'
import { type AddCommand, confirmed, EXIT, type ExitCode, examples, type Surroundings } from './command.ts'

interface Options {
  yes?: true
}

export const addSessionEndAll: AddCommand = (to, act) => {
  to.command('end-all')
    .summary('signs everybody out')
    .description(
      'Refuses whatever was issued before now: sessions, codes and tokens of everybody. Everybody signs in anew. It ' +
        'has to be done after PostgreSQL was set back by other means than campus-id restore, before a server starts: ' +
        'a sign-out of the time that was lost would be undone otherwise.',
    )
    .option('--yes', 'without asking')
    .addHelpText('after', examples('session end-all'))
    .action(act(endAll))
}

async function endAll({ terminal, powers }: Surroundings, options: Options): Promise<ExitCode> {
  const { clock, transaction } = await powers.campus()
  if (!(await confirmed(terminal, 'Sign everybody out?', options))) return EXIT.refused
  const actor = `operator:${terminal.operator}`
  const at = clock()
  await transaction(async ({ notBefore, audit }) => {
    await notBefore.set('everything', ALL, { at, reason: 'operator', expiresAt: null })
    await audit.record({ event: 'sessions.ended', result: 'success', actor })
  })
  terminal.out(`Whatever was issued before ${at.toISOString()} is refused.\n`)
  return EXIT.ok
}
