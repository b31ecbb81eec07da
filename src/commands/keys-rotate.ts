import { type Command, Option } from 'commander'
import { announceKey, type RotatedPurpose, replaceKey, SIGNING_ALGORITHMS } from '../keys/keys.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { type AddCommand, confirmed, EXIT, type ExitCode, examples, moment, type Surroundings } from './command.ts'

interface Options {
  alg?: (typeof SIGNING_ALGORITHMS)[number]
  cookies?: true
  now?: true
  yes?: true
}

const WARNINGS = {
  tokens:
    'Tokens that the present keys have signed are refused from then on. Relying parties that keep the key set refuse ' +
    'new ones too, until they fetch it again: within an hour.',
  cookies: 'Everybody has to sign in again, and no browser is known any more.',
}

export const addKeysRotate: AddCommand = (to, act) => {
  optionsOf(to.command('rotate'))
    .summary('lets the next keys follow the present ones')
    .description(
      'Announces the next keys that sign tokens. They are used two hours later, when every relying party has learned ' +
        'of them, and the present ones are kept for as long as anything may rest on them: nobody notices. Servers do ' +
        'this by themselves every KEY_ROTATION_DAYS and COOKIE_KEY_ROTATION_DAYS.\n\n' +
        'Where somebody else may know the present keys, --now uses new ones at once and withdraws the others, which ' +
        'everybody notices.',
    )
    .addHelpText(
      'after',
      examples('keys rotate', 'keys rotate --alg ES256', 'keys rotate --cookies', 'keys rotate --now'),
    )
    .action(act(rotate))
}

function optionsOf(command: Command): Command {
  return command
    .addOption(new Option('--alg <algorithm>', 'only the key of this algorithm').choices(SIGNING_ALGORITHMS))
    .option('--cookies', 'the key that signs cookies, instead of those that sign tokens')
    .option('--now', 'use new keys at once, and withdraw all others: for keys that somebody else may know')
    .option('--yes', 'withdraw without asking')
}

async function rotate(surroundings: Surroundings, options: Options): Promise<ExitCode> {
  const { terminal, powers } = surroundings
  if (options.alg && options.cookies) {
    terminal.err('Either --alg or --cookies, not both: a cookie is signed by one kind of key alone.\n')
    return EXIT.usage
  }
  const purposes: readonly RotatedPurpose[] = options.cookies
    ? ['cookies']
    : options.alg
      ? [options.alg]
      : SIGNING_ALGORITHMS
  const campus = await powers.campus()
  const actor = `operator:${terminal.operator}`
  if (options.now) {
    if (!(await agreed(terminal, purposes, options))) return EXIT.refused
    for (const purpose of purposes) {
      const { id } = await replaceKey(campus, { purpose, actor })
      terminal.out(`${purpose}: ${id} is in use; all others are withdrawn.\n`)
    }
    terminal.out('Every server learns of it within a second or two.\n')
    return EXIT.ok
  }
  for (const purpose of purposes) {
    const { key, isNew } = await announceKey(campus, { purpose, actor })
    const what = isNew ? 'is announced' : 'was announced already'
    terminal.out(`${purpose}: ${key.id} ${what}, and is used from ${moment(key.activeFrom)} on.\n`)
  }
  return EXIT.ok
}

function agreed(terminal: Terminal, purposes: readonly RotatedPurpose[], options: Options): Promise<boolean> {
  const warning = options.cookies ? WARNINGS.cookies : WARNINGS.tokens
  return confirmed(terminal, `Withdraw the keys for ${purposes.join(' and ')} now? ${warning}`, options)
}
