import { type AddCommand, EXIT, type ExitCode, examples, json, type Surroundings } from './command.ts'

interface Options {
  dryRun?: true
  json?: true
}

export const addMigrate: AddCommand = (to, act) => {
  to.command('migrate')
    .summary('brings the database up to this version')
    .description(
      'Brings the database up to this version. The server does the same when it starts; run it before, where the ' +
        'server’s own account may not change tables.',
    )
    .option('--dry-run', 'list what would be applied, and apply nothing')
    .option('--json', 'print the names as JSON')
    .addHelpText('after', examples('migrate --dry-run', 'migrate'))
    .action(act(migrate))
}

async function migrate({ terminal, powers }: Surroundings, { dryRun, json: asJson }: Options): Promise<ExitCode> {
  const migrations = await powers.migrations()
  const names = dryRun ? await migrations.pending() : await migrations.apply()
  if (asJson) terminal.out(json({ [dryRun ? 'pending' : 'applied']: names }))
  else if (names.length === 0) terminal.err('The database is up to date.\n')
  else terminal.out(names.map((name) => `${dryRun ? 'pending' : 'applied'}  ${name}\n`).join(''))
  return EXIT.ok
}
