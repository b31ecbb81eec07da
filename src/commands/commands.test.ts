import { describe, expect, test } from '@jest/globals'
import { commandWorld } from '../../test/support/command-world.ts'
import { ConfigError } from '../config.ts'
import { Refusal } from '../errors.ts'

const COMMANDS = [
  'serve',
  'migrate',
  'doctor',
  'backup',
  'restore',
  'person create',
  'person list',
  'person set-password',
  'client apply',
  'client list',
  'session end-all',
  'keys list',
  'keys rotate',
  'keys reseal',
  'audit tail',
]

const NOUNS = new Set(COMMANDS.map((command) => command.split(' ')[0]))

describe('help', () => {
  test('names every command, and the exit codes', async () => {
    const { code, out } = await commandWorld().type(['--help'])
    expect(code).toBe(0)
    for (const noun of NOUNS) expect(out).toContain(`  ${noun}`)
    expect(out).toContain('3 refused or not confirmed')
  })

  test.each(COMMANDS)('of %s shows how it is typed', async (command) => {
    const { code, out } = await commandWorld().type([...command.split(' '), '--help'])
    expect(code).toBe(0)
    expect(out).toContain(`Usage: campus-id ${command}`)
    expect(out).toContain(`Examples:\n  $ campus-id ${command}`)
    expect((await commandWorld().type(['help', ...command.split(' ')])).out).toBe(out)
  })

  test('of a command that is none ends with 2', async () => {
    const { code, out, err } = await commandWorld().type(['help', 'person', 'creat'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(`unknown command 'creat'`)
  })

  test('is offered for the very command that was mistyped', async () => {
    const { err } = await commandWorld().type(['person', 'create', '202407010101'])
    expect(err).toContain('(campus-id person create --help shows how it is typed)')
  })
})

test('--version is the version and nothing else', async () => {
  expect(await commandWorld().type(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n', err: '' })
})

describe('what is not understood', () => {
  test.each([
    ['nothing at all', []],
    ['an unknown command', ['persn']],
    ['a noun without a verb', ['person']],
    ['an unknown option', ['person', 'list', '--al']],
    ['a missing argument', ['person', 'set-password']],
    ['a password as an argument', ['person', 'set-password', '202407010101', 'swordfish']],
    ['a number that is none', ['audit', 'tail', '--limit', 'many']],
    ['a number out of range', ['audit', 'tail', '--limit', '0']],
    ['a missing type', ['person', 'create', '202407010101', '张三']],
    ['an unknown state', ['person', 'create', '202407010101', '张三', '--type', 'staff', '--state', 'closed']],
    [
      'a date without its offset',
      ['person', 'create', '2024070101', '张', '--type', 'staff', '--valid-to', '2028-07-01'],
    ],
    [
      'a day that no calendar has',
      ['person', 'create', '2024070101', '张', '--type', 'staff', '--valid-to', '2028-02-31T00:00:00+08:00'],
    ],
  ])('ends with 2, for %s', async (_, argv) => {
    const { code, out, err } = await commandWorld().type(argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).not.toBe('')
    expect(err).not.toContain('swordfish')
  })

  test('is met with what was probably meant', async () => {
    expect((await commandWorld().type(['persn'])).err).toContain('Did you mean person?')
  })
})

describe('an error is answered in words and with the exit code that belongs to it', () => {
  const list = (error: unknown) =>
    commandWorld().type(['person', 'list'], { powers: { campus: () => Promise.reject(error) } })

  test.each([
    [
      'a mistaken configuration',
      new ConfigError([{ variable: 'ISSUER', expected: 'the public origin' }]),
      2,
      'The configuration has mistakes:\n  ISSUER: the public origin\n',
    ],
    ['a refusal', new Refusal('login_taken', 409), 3, 'Refused: This number or alias is somebody’s already.\n'],
    [
      'a clients file that declares what is administered elsewhere',
      new Refusal('client_managed_elsewhere', 409, { cause: new Error('it names portal (built-in)') }),
      3,
      'Refused: it names portal (built-in)\n',
    ],
    [
      'a password that is no text',
      new Refusal('malformed_password', 400),
      3,
      'Refused: This text cannot be a password.\n',
    ],
    ['a refusal without a sentence', new Refusal('odd_thing', 409), 3, 'Refused: odd_thing\n'],
    [
      'a database that is down',
      Object.assign(new Error('cannot connect', { cause: new Error('ECONNREFUSED') }), { unavailable: 'postgres' }),
      4,
      'PostgreSQL does not answer: ECONNREFUSED. Does it run, and is DATABASE_URL right?\n',
    ],
    [
      'a data folder that is held',
      Object.assign(new Error('The data folder is in use.'), { code: 'data_folder_locked' }),
      4,
      'The data folder is in use.\n',
    ],
    [
      'a folder that is not there',
      Object.assign(new Error(`ENOENT: no such file or directory, open '/nowhere/a'`), { code: 'ENOENT' }),
      1,
      `Failed: ENOENT: no such file or directory, open '/nowhere/a'. Is the path right, and does its folder exist?\n`,
    ],
    [
      'an account of PostgreSQL that may not, beneath what it was for',
      new Error('migration 0002 failed', { cause: Object.assign(new Error('permission denied'), { code: '42501' }) }),
      1,
      'Failed: migration 0002 failed: permission denied. The account of DATABASE_URL may not do this: ' +
        'take one that owns the tables, or give it the rights that it lacks.\n',
    ],
    ['a bug', new TypeError('x is not a function'), 1, 'Failed: x is not a function\n'],
    ['something that is no error', 'surprise', 1, 'Failed: surprise\n'],
  ])('%s', async (_, error, code, err) => {
    expect(await list(error)).toEqual({ code, out: '', err, asked: [] })
  })
})

test('serve runs until the server has stopped', async () => {
  let served = 0
  const serve = async () => {
    served += 1
  }
  expect((await commandWorld().type(['serve'], { powers: { serve } })).code).toBe(0)
  expect(served).toBe(1)
})

describe('migrate', () => {
  const migrations = async () => ({
    pending: async () => ['0002-expiring'],
    apply: async () => ['0001-foundation', '0002-expiring'],
  })
  const type = (...argv: string[]) => commandWorld().type(['migrate', ...argv], { powers: { migrations } })

  test('applies, and says what', async () => {
    expect((await type()).out).toBe('applied  0001-foundation\napplied  0002-expiring\n')
    expect(JSON.parse((await type('--json')).out)).toEqual({ applied: ['0001-foundation', '0002-expiring'] })
  })

  test('lists what it would apply, and applies nothing', async () => {
    expect((await type('--dry-run')).out).toBe('pending  0002-expiring\n')
    expect(JSON.parse((await type('--dry-run', '--json')).out)).toEqual({ pending: ['0002-expiring'] })
  })

  test('says that there is nothing to do', async () => {
    const none = async () => ({ pending: async () => [], apply: async () => [] })
    const { code, out, err } = await commandWorld().type(['migrate'], { powers: { migrations: none } })
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: 'The database is up to date.\n' })
  })
})
