import { type AddCommand, EXIT, examples } from './command.ts'

export const addServe: AddCommand = (to, act) => {
  to.command('serve')
    .summary('runs the server')
    .description('Runs the server until it is told to stop (SIGTERM, or Ctrl-C), then lets requests in flight finish.')
    .addHelpText('after', examples('serve'))
    .action(
      act(async ({ powers }) => {
        await powers.serve()
        return EXIT.ok
      }),
    )
}
