import { resolve } from 'node:path'
import { restoreBackup } from '../backup/backup.ts'
import { countOf } from './backup.ts'
import { type AddCommand, confirmed, EXIT, type ExitCode, examples, json, type Surroundings } from './command.ts'

interface Options {
  replace?: true
  yes?: true
  json?: true
}

export const addRestore: AddCommand = (to, act) => {
  to.command('restore')
    .summary('puts a backup into the database')
    .description(
      'Puts a backup into an empty database, all of it or nothing, and brings it up to this version. Stop every ' +
        'server first. Everybody signs in anew afterwards: whatever was issued before is refused, also where Redis ' +
        'still holds it. What happened since the backup is lost, a suspended account or a changed password too: ' +
        'the audit kept elsewhere says what to repeat.',
    )
    .argument('<file>', 'what campus-id backup wrote')
    .option('--replace', 'also where the database holds something, which is then lost (all but the audit)')
    .option('--yes', 'replace without asking')
    .option('--json', 'print what was restored as JSON')
    .addHelpText('after', examples('restore campus-id-2026-09-01.backup'))
    .action(act(restore))
}

async function restore({ terminal, powers }: Surroundings, file: string, options: Options): Promise<ExitCode> {
  const restored = await restoreBackup(await powers.restoring(), {
    path: resolve(terminal.folder, file),
    actor: `operator:${terminal.operator}`,
    signal: terminal.signal,
    mayReplace: async (occupied) => {
      if (options.replace)
        return confirmed(terminal, `Replace what this database holds (${occupied.join(', ')})?`, options)
      terminal.err(
        `The database is not empty (${occupied.join(', ')}): make a new one, or add --replace.\n` +
          'Nothing was restored.\n',
      )
      return false
    },
  })
  if (restored === null) return EXIT.refused
  const { manifest, rows, notBefore } = restored
  if (options.json) {
    terminal.out(json({ createdAt: manifest.createdAt, rows, notBefore }))
    return EXIT.ok
  }
  terminal.out(
    `Restored ${countOf(rows)}, as of ${manifest.createdAt.toISOString()}. Nobody is signed in any more.\n` +
      'Next: repeat what was done since then, and campus-id audit tail --verify\n',
  )
  return EXIT.ok
}
