import { resolve } from 'node:path'
import { writeBackup } from '../backup/backup.ts'
import { type AddCommand, EXIT, type ExitCode, examples, json, type Surroundings } from './command.ts'

interface Options {
  json?: true
}

export const addBackup: AddCommand = (to, act) => {
  to.command('backup')
    .summary('writes all that lasts to a file')
    .description(
      'Writes all that lasts to a new file, as it stood at one moment, while servers go on. Sessions and tokens are ' +
        'not in it. The file holds people’s data and is for its owner alone; what is secret in it opens only with ' +
        'KEY_ENCRYPTION_KEY and PASSWORD_PEPPER, which are not in it: keep copies of those elsewhere.',
    )
    .argument('<file>', 'where to, such as campus-id-2026-09-01.backup')
    .option('--json', 'print what was written as JSON')
    .addHelpText('after', examples('backup campus-id-2026-09-01.backup'))
    .action(act(backup))
}

async function backup({ terminal, powers }: Surroundings, file: string, options: Options): Promise<ExitCode> {
  const { clock, config, audit } = await powers.campus()
  const needs = { clock, config, audit, lasting: await powers.lasting() }
  const { createdAt, rows } = await writeBackup(needs, {
    path: resolve(terminal.folder, file),
    version: powers.version,
    actor: `operator:${terminal.operator}`,
    signal: terminal.signal,
  })
  if (options.json) terminal.out(json({ createdAt, rows }))
  else terminal.out(`${countOf(rows)} as of ${createdAt.toISOString()} in ${file}\n`)
  return EXIT.ok
}

/** `1234 rows of 11 tables` */
export function countOf(rows: Readonly<Record<string, number>>): string {
  const count = Object.values(rows).reduce((sum, it) => sum + it, 0)
  return `${count} rows of ${Object.keys(rows).length} tables`
}
