import { type Command, InvalidArgumentError, Option } from 'commander'
import { KNOWN_SCOPES } from '../clients/clients.ts'
import { AUTH_METHODS, createRegistrationToken } from '../registration/registration.ts'
import {
  type AddCommand,
  EXIT,
  type ExitCode,
  examples,
  json,
  moment,
  type Surroundings,
  wholeNumber,
} from './command.ts'

interface Options {
  name: string
  host: string[]
  scope: string[]
  authMethod?: string[]
  publicSubject?: true
  clients: number
  days: number
  json?: true
}

const CLIENTS_MAX = 1_000
const DAYS_MAX = 365
const NAME_CHARACTERS_MAX = 100

export const addRegistrationTokenCreate: AddCommand = (to, act) => {
  optionsOf(to.command('create'))
    .summary('makes a token by which relying parties register themselves')
    .description(
      'Makes an initial access token (RFC 7591) and prints it, once. Whoever has it registers relying parties within ' +
        'what the token allows: addresses on its hosts, its scopes, its ways to authenticate. They are never first ' +
        'party: people are asked for consent.',
    )
    .addHelpText(
      'after',
      examples(
        'registration-token create --name lab --host lab.example.edu --scope openid profile',
        'registration-token create --name apps --host loopback cn.edu.example: --auth-method none --clients 20',
      ),
    )
    .action(act(create))
}

function optionsOf(command: Command): Command {
  return command
    .requiredOption('--name <text>', 'for whom it is, as you will find it in the list', name)
    .requiredOption(
      '--host <hosts...>',
      'hosts that its addresses may have; loopback; schemes of apps, such as cn.edu.example:',
      collect(host),
    )
    .addOption(
      new Option('--scope <scopes...>', 'scopes that its clients may ask for')
        .choices(KNOWN_SCOPES)
        .default(['openid', 'profile']),
    )
    .addOption(
      new Option('--auth-method <methods...>', 'how its clients may authenticate (default: all)').choices(AUTH_METHODS),
    )
    .option('--public-subject', 'lets its clients know people by the identifier that all public clients share')
    .option('--clients <number>', 'how many clients it registers', wholeNumber(1, CLIENTS_MAX), 1)
    .option('--days <number>', 'how long it may be used', wholeNumber(1, DAYS_MAX), 7)
    .option('--json', 'print it as JSON')
}

async function create({ terminal, powers }: Surroundings, options: Options): Promise<ExitCode> {
  const campus = await powers.campus()
  const { name: called, clients: clientsMax, days } = options
  const scopes = KNOWN_SCOPES.filter((scope) => scope === 'openid' || options.scope.includes(scope))
  const allowed = { hosts: options.host, scopes, authMethods: options.authMethod ?? [...AUTH_METHODS] }
  const policy = { ...allowed, ...(options.publicSubject && { publicSubject: options.publicSubject }) }
  const needs = { ...campus, actor: `operator:${terminal.operator}` }
  const { token, value } = await createRegistrationToken(needs, { name: called, policy, clientsMax, days })
  if (options.json) {
    terminal.out(json({ ...token, token: value }))
    return EXIT.ok
  }
  terminal.err(`Registers ${clientsMax} until ${moment(token.expiresAt)}. It is shown here and never again:\n`)
  terminal.out(`${value}\n`)
  return EXIT.ok
}

function name(text: string): string {
  if (text.trim() === text && text !== '' && [...text].length <= NAME_CHARACTERS_MAX) return text
  throw new InvalidArgumentError(`Expected 1 to ${NAME_CHARACTERS_MAX} characters.`)
}

/** A host as addresses are compared with it: in lower case, without port; never a part of one. */
function host(text: string): string {
  const isScheme = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(text)
  if (text === 'loopback' || isScheme || /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(text)) return text
  throw new InvalidArgumentError(
    'Expected a host such as app.example.edu, loopback, or a scheme such as cn.edu.example:.',
  )
}

function collect(read: (text: string) => string) {
  return (text: string, before: string[] = []): string[] => [...before, read(text)]
}
