import type { Randomness } from '../campus.ts'
import {
  PASSWORD_LENGTH_MAX,
  PASSWORD_LENGTH_MIN,
  type PasswordProblem,
  passwordCredential,
  setPassword,
} from '../passwords/passwords.ts'
import { foldLogin } from '../people/people.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { type AddCommand, confirmed, EXIT, type ExitCode, examples, type Surroundings } from './command.ts'

interface Options {
  passwordStdin?: true
  generate?: true
  yes?: true
}

const SENTENCES: Record<PasswordProblem, string> = {
  too_short: `It has fewer than ${PASSWORD_LENGTH_MIN} characters.`,
  too_long: `It has more than ${PASSWORD_LENGTH_MAX} characters.`,
  too_common: 'It is one of the first that anybody would try.',
  contains_account: 'It contains the name or the number of its owner.',
}

/** Without l, o, 0 and 1, which look alike on paper; 32 of them, so that five bits choose one. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'
const GENERATED_GROUPS = 4
const GENERATED_GROUP_LENGTH = 4

export const addPersonSetPassword: AddCommand = (to, act) => {
  to.command('set-password')
    .summary('sets or replaces a password, and ends the sessions of its owner')
    .description(
      'Sets or replaces a password. Whatever was issued to its owner before is refused from then on, and their ' +
        'failed tries are forgotten. The password is asked for, or read from standard input; it is never an ' +
        'argument, which other users of this machine could read.',
    )
    .argument('<login>', 'a number (学工号) or an alias')
    .option('--password-stdin', 'read the password from standard input')
    .option('--generate', 'invent one, and print it')
    .option('--yes', 'replace a password without asking')
    .addHelpText(
      'after',
      examples('person set-password 202407010101', 'person set-password 202407010101 --generate --yes'),
    )
    .action(act(setPasswordOf))
}

async function setPasswordOf({ terminal, powers }: Surroundings, login: string, options: Options): Promise<ExitCode> {
  if (options.passwordStdin && options.generate) {
    terminal.err('Either --password-stdin or --generate, not both.\n')
    return EXIT.usage
  }
  const campus = await powers.campus()
  const person = await campus.people.findByLogin(foldLogin(login))
  if (person === null) {
    terminal.err('Nobody has this number or alias.\n')
    return EXIT.failed
  }
  if ((await campus.credentials.find(passwordCredential, person.id)) !== null) {
    const question = `${person.name} has a password. Replace it, and end their sessions?`
    if (!(await confirmed(terminal, question, options))) return EXIT.refused
  }
  const password = options.generate ? generatedPassword(campus.random) : await givenPassword(terminal, options)
  if (password === null) return EXIT.usage

  const actor = `operator:${terminal.operator}`
  const about = { personId: person.id, password, actor, endSessions: true, address: null, request: null }
  const outcome = await setPassword(campus, about)
  if (outcome.kind === 'refused') {
    terminal.err(`The password was not set:\n${outcome.problems.map((it) => `  ${SENTENCES[it]}\n`).join('')}`)
    return EXIT.refused
  }
  terminal.err(`The password of ${person.name} is set.\n`)
  if (options.generate) terminal.out(`${password}\n`)
  return EXIT.ok
}

/** null, after saying why, where there is none. */
async function givenPassword(terminal: Terminal, { passwordStdin }: Options): Promise<string | null> {
  if (passwordStdin) {
    const password = (await terminal.input()).replace(/\r?\n$/, '')
    if (password === '') terminal.err('There is no password on standard input.\n')
    // What cannot be decoded becomes this mark: nobody could type such a password again.
    const isText = !password.includes('\ufffd')
    if (!isText) terminal.err('The password on standard input is not UTF-8.\n')
    return isText ? password || null : null
  }
  const password = await terminal.ask('New password: ', { hidden: true })
  if (password === null) {
    terminal.err('Nothing was typed, and nothing was changed. Without a terminal: --password-stdin or --generate.\n')
    return null
  }
  const again = await terminal.ask('Once more: ', { hidden: true })
  if (password === again) return password
  terminal.err('The two differ: nothing was changed.\n')
  return null
}

/** 80 bits, in groups that can be read to somebody over the telephone. */
function generatedPassword(random: Pick<Randomness, 'token'>): string {
  const bytes = Buffer.from(random.token(GENERATED_GROUPS * GENERATED_GROUP_LENGTH), 'base64url')
  const letters = Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join('')
  return letters.match(new RegExp(`.{${GENERATED_GROUP_LENGTH}}`, 'g'))?.join('-') ?? letters
}
