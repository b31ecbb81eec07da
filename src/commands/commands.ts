/** What an operator types: `campus-id <noun> <verb>`. One command a file; whoever runs it lends it its powers. */
import { Command } from 'commander'
import type { Terminal } from '../terminal/terminal.ts'
import { addAuditTail } from './audit-tail.ts'
import { addBackup } from './backup.ts'
import { addClientApply } from './client-apply.ts'
import { addClientDisable } from './client-disable.ts'
import { addClientList } from './client-list.ts'
import { type Act, type AddCommand, EXIT, type ExitCode } from './command.ts'
import { addDoctor } from './doctor.ts'
import { explain } from './explain.ts'
import { addKeysList } from './keys-list.ts'
import { addKeysReseal } from './keys-reseal.ts'
import { addKeysRotate } from './keys-rotate.ts'
import { addLogoutList } from './logout-list.ts'
import { addLogoutRetry } from './logout-retry.ts'
import { addMigrate } from './migrate.ts'
import { addPersonCreate } from './person-create.ts'
import { addPersonList } from './person-list.ts'
import { addPersonRestore } from './person-restore.ts'
import { addPersonSetPassword } from './person-set-password.ts'
import { addPersonSuspend } from './person-suspend.ts'
import type { Powers } from './powers.ts'
import { addRegistrationTokenCreate } from './registration-token-create.ts'
import { addRegistrationTokenList } from './registration-token-list.ts'
import { addRegistrationTokenRevoke } from './registration-token-revoke.ts'
import { addRestore } from './restore.ts'
import { addServe } from './serve.ts'
import { addSessionEnd } from './session-end.ts'
import { addSessionEndAll } from './session-end-all.ts'
import { addSessionList } from './session-list.ts'

export { EXIT, type ExitCode } from './command.ts'
export { explain } from './explain.ts'
export type { CommandCampus, DatabaseState, Examination, Migrations, Powers } from './powers.ts'

const COMMANDS: AddCommand[] = [addServe, addMigrate, addDoctor, addBackup, addRestore]

const GROUPS: { noun: string; about: string; commands: AddCommand[] }[] = [
  {
    noun: 'person',
    about: 'people and their passwords',
    commands: [addPersonCreate, addPersonList, addPersonSetPassword, addPersonSuspend, addPersonRestore],
  },
  { noun: 'client', about: 'relying parties', commands: [addClientApply, addClientDisable, addClientList] },
  {
    noun: 'registration-token',
    about: 'by which relying parties register themselves',
    commands: [addRegistrationTokenCreate, addRegistrationTokenList, addRegistrationTokenRevoke],
  },
  { noun: 'keys', about: 'what signs tokens and cookies', commands: [addKeysList, addKeysRotate, addKeysReseal] },
  { noun: 'audit', about: 'who did what', commands: [addAuditTail] },
  { noun: 'session', about: 'who is signed in', commands: [addSessionList, addSessionEnd, addSessionEndAll] },
  { noun: 'logout', about: 'relying parties that are told of it', commands: [addLogoutList, addLogoutRetry] },
]

const EXIT_CODES = [
  `${EXIT.ok} done`,
  `${EXIT.failed} failed`,
  `${EXIT.usage} not understood`,
  `${EXIT.refused} refused or not confirmed`,
  `${EXIT.unavailable} out of reach (try again)`,
].join(', ')

/** Runs one command, and answers its exit code; never rejects. `argv` begins behind the program's name. */
export async function runCommand(argv: readonly string[], terminal: Terminal, powers: Powers): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok
  const act: Act =
    (work) =>
    async (...parameters) => {
      code = await work({ terminal, powers }, ...parameters)
    }
  try {
    await createProgram(act, terminal, powers).parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    return explain(error, terminal)
  }
}

/** A password that was typed as an argument must not be repeated: what we say may end in a log. */
function outputError(text: string, write: (text: string) => void): void {
  write(text.replace(/(but got \d+): .*/, '$1.'))
}

function createProgram(act: Act, terminal: Terminal, { version }: Powers): Command {
  const program = new Command('campus-id')
    .description('Campus ID (统一身份认证): an OpenID Connect provider for a university.')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err, outputError })
    .configureHelp({ showGlobalOptions: false })
    .version(version, '--version')
    .helpCommand(false)
    .addHelpText('afterAll', `\nExit codes: ${EXIT_CODES}\n`)
    .exitOverride()
  for (const add of COMMANDS) add(program, act)
  for (const { noun, about, commands } of GROUPS) {
    const group = program.command(noun).description(about)
    for (const add of commands) add(group, act)
  }
  addHelp(program)
  nameItsHelp(program, 'campus-id')
  return program
}

/** Commander's own looks at the first word alone, and would answer `help person create` with the help of `person`. */
function addHelp(program: Command): void {
  program
    .command('help')
    .argument('[words...]', 'such as: person create')
    .description('shows how a command is typed')
    .action((words: string[]) => {
      const named = words.reduce<Command>((above, word) => {
        const found = above.commands.find((it) => it.name() === word)
        return found ?? above.error(`error: unknown command '${word}'`, { code: 'commander.unknownCommand' })
      }, program)
      named.outputHelp()
    })
}

function nameItsHelp(command: Command, typed: string): void {
  command.showHelpAfterError(`(${typed} --help shows how it is typed)`)
  for (const below of command.commands) nameItsHelp(below, `${typed} ${below.name()}`)
}
