import { InvalidArgumentError } from 'commander'
import { createPerson, type NewPersonInput, newPerson } from '../people/people.ts'
import { type AddCommand, EXIT, type ExitCode, examples, json, type Surroundings } from './command.ts'

interface Options {
  type: string
  organisation?: string
  alias: string[]
  state: NonNullable<NewPersonInput['state']>
  validTo?: Date
  json?: true
}

export const addPersonCreate: AddCommand = (to, act) => {
  to.command('create')
    .summary('adds a person with one identity')
    .description('Adds a person with one identity. They cannot sign in before they have a password.')
    .argument('<number>', 'their number (学工号)')
    .argument('<name>', 'their name')
    .requiredOption('--type <code>', 'what they are, such as undergraduate or staff')
    .option('--organisation <name>', 'where they belong')
    .option('--alias <login>', 'a further word for the account field; may be repeated', collect, [])
    .option('--state <state>', 'active, or pending until the account is activated', state, 'active' as const)
    .option('--valid-to <time>', 'when the identity ends, such as 2028-07-01T00:00:00+08:00', instant)
    .option('--json', 'print the person as JSON')
    .addHelpText(
      'after',
      examples(
        'person create 202407010101 张三 --type undergraduate --organisation 物理学院',
        'person create 100086 李四 --type staff --alias lisi',
      ),
    )
    .action(act(createOnePerson))
}

async function createOnePerson(
  { terminal, powers }: Surroundings,
  number: string,
  name: string,
  { type, organisation, alias, state: withState, validTo, json: asJson }: Options,
): Promise<ExitCode> {
  const campus = await powers.campus()
  const identities = [{ number, type, organisation: organisation ?? null, validTo: validTo ?? null }]
  const made = newPerson(campus, { name, state: withState, identities, aliases: alias })
  if (!made.ok) {
    for (const { field, message } of made.problems) terminal.err(`${asTyped(field)}: ${message}\n`)
    return EXIT.usage
  }
  const { person } = made
  await campus.transaction(async (stores) => {
    await createPerson(stores, person)
    const actor = `operator:${terminal.operator}`
    await stores.audit.record({ event: 'person.created', result: 'success', actor, subject: `person:${person.id}` })
  })
  if (asJson) terminal.out(json(person))
  else terminal.out(`Created ${person.name}. Next: campus-id person set-password ${person.identities[0]?.number}\n`)
  return EXIT.ok
}

/** The field of a new person, by the name that it has on the command line. */
function asTyped(field: string): string {
  const names: Record<string, string> = {
    name: '<name>',
    number: '<number>',
    validTo: '--valid-to',
    aliases: '--alias',
  }
  const own = field.replace(/^identities\.0\./, '').replace(/^(aliases)\.\d+$/, '$1')
  return names[own] ?? `--${own}`
}

function collect(alias: string, before: string[]): string[] {
  return [...before, alias]
}

function state(text: string): Options['state'] {
  if (text === 'active' || text === 'pending') return text
  throw new InvalidArgumentError('Expected active or pending.')
}

/** With its offset, so that nobody has to guess whose midnight is meant. */
function instant(text: string): Date {
  const [, day, time, offset] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)$/.exec(text) ?? []
  const date = offset === undefined || !isOfTheCalendar(`${day}T${time}Z`) ? null : new Date(text)
  if (date !== null && !Number.isNaN(date.getTime())) return date
  throw new InvalidArgumentError('Expected a time with its offset, such as 2028-07-01T00:00:00+08:00.')
}

/** `Date` takes 31 February for 2 March: what was typed must read back the same. */
function isOfTheCalendar(time: string): boolean {
  const date = new Date(time)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(time.slice(0, -1))
}
