import { type AddCommand, examples } from './command.ts'
import { type Asked, changeState, LOGIN, REASON } from './person-state.ts'

export const addPersonRestore: AddCommand = (to, act) => {
  to.command('restore')
    .summary('lets somebody in again who was suspended')
    .description(
      'Lets somebody in again who was suspended. They sign in anew: nothing that was issued before comes back.',
    )
    .argument(...LOGIN)
    .option(...REASON)
    .addHelpText('after', examples('person restore 202407010101'))
    .action(act((surroundings, login: string, options: Asked) => changeState(surroundings, 'active', login, options)))
}
