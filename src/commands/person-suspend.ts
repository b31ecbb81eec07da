import { type AddCommand, examples } from './command.ts'
import { type Asked, changeState, LOGIN, REASON } from './person-state.ts'

export const addPersonSuspend: AddCommand = (to, act) => {
  to.command('suspend')
    .summary('shuts somebody out, until they are restored')
    .description(
      'Shuts somebody out: they cannot sign in, whatever was issued to them is refused from now on, and the relying ' +
        'parties where they are signed in are told within a few seconds. Nothing of theirs is lost.',
    )
    .argument(...LOGIN)
    .option(...REASON)
    .option('--yes', 'without asking')
    .addHelpText('after', examples('person suspend 202407010101 --reason "account stolen, ticket 4711"'))
    .action(
      act((surroundings, login: string, options: Asked) => changeState(surroundings, 'suspended', login, options)),
    )
}
