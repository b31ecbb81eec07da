import { InvalidArgumentError } from 'commander'
import { createPerson, type NewPersonInput, newPerson } from '../people/people.ts'
import { type AddCommand, EXIT, type ExitCode, examples, json, type Surroundings } from './command.ts'

interface Options {
  type: string
  organisation?: string
  alias: string[]
  state: NonNullable<NewPersonInput['state']>
  validTo?: Date
  organisationCode?: string
  major?: string
  class?: string
  grade?: string
  level?: string
  phone?: string
  email?: string
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
    .option('--organisation-code <code>', 'where they belong, by a code of the table of organisations')
    .option('--major <code>', 'what they study')
    .option('--class <code>', 'their class')
    .option('--grade <year>', 'their year of entry, such as 2022')
    .option('--level <word>', 'their level of study, such as 本科')
    .option('--phone <number>', 'their phone number with its country, such as +8613800000000')
    .option('--email <address>', 'their address')
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
  options: Options,
): Promise<ExitCode> {
  const campus = await powers.campus()
  const { alias, state: withState, phone = null, email = null, json: asJson } = options
  const identities = [identityOf(number, options)]
  const made = newPerson(campus, { name, state: withState, identities, aliases: alias, phone, email })
  if (!made.ok) {
    for (const { field, message } of made.problems) terminal.err(`${asTyped(field)}: ${message}\n`)
    return EXIT.usage
  }
  const { person, statement } = made
  await campus.transaction(async (stores) => {
    await createPerson(stores, person, statement)
    const actor = `operator:${terminal.operator}`
    await stores.audit.record({ event: 'person.created', result: 'success', actor, subject: `person:${person.id}` })
  })
  if (asJson) terminal.out(json(person))
  else terminal.out(`Created ${person.name}. Next: campus-id person set-password ${person.identities[0]?.number}\n`)
  return EXIT.ok
}

function identityOf(number: string, options: Options): NewPersonInput['identities'][number] {
  const { type, organisation = null, validTo = null, organisationCode = null, grade = null, level = null } = options
  const codes = { organisationCode, majorCode: options.major ?? null, classCode: options.class ?? null }
  return { number, type, organisation, validTo, ...codes, grade, level }
}

/** The field of a new person, by the name that it has on the command line. */
function asTyped(field: string): string {
  const names: Record<string, string> = {
    name: '<name>',
    number: '<number>',
    validTo: '--valid-to',
    aliases: '--alias',
    organisationCode: '--organisation-code',
    majorCode: '--major',
    classCode: '--class',
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
