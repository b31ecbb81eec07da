import { describe, expect, test } from '@jest/globals'
import { commandWorld, type Sitting } from '../../test/support/command-world.ts'
import { passwordCredential } from '../passwords/passwords.ts'

const NUMBER = '202407010101'
const PASSWORD = 'plum blossom in the snow'

async function withPerson() {
  const world = commandWorld()
  await world.type(['person', 'create', NUMBER, '吴兰', '--type', 'undergraduate', '--alias', 'lan'])
  const person = await world.people.findByLogin(NUMBER)
  const id = person?.id ?? ''
  const hash = async () => (await world.credentials.find(passwordCredential, id))?.hash ?? null
  const set = (options: string[], sitting?: Sitting) =>
    world.type(['person', 'set-password', NUMBER, ...options], sitting)
  return { ...world, id, hash, set }
}

describe('person create', () => {
  test('adds a person, says what comes next, and leaves a row in the audit', async () => {
    const world = commandWorld()
    const argv = [
      'person',
      'create',
      '２０２４０７０１０１０１',
      '阿依古丽·买买提',
      '--type',
      'staff',
      '--alias',
      'Ayigul',
    ]
    const { code, out } = await world.type([
      ...argv,
      '--organisation',
      '物理学院',
      '--valid-to',
      '2028-07-01T00:00:00+08:00',
    ])
    expect(code).toBe(0)
    expect(out).toBe('Created 阿依古丽·买买提. Next: campus-id person set-password 202407010101\n')
    const person = await world.people.findByLogin('ayigul')
    expect(person).toMatchObject({
      name: '阿依古丽·买买提',
      state: 'active',
      identities: [
        { number: NUMBER, type: 'staff', organisation: '物理学院', validTo: new Date('2028-06-30T16:00:00Z') },
      ],
    })
    expect(world.acts()).toEqual([{ event: 'person.created', actor: 'operator:wang', subject: `person:${person?.id}` }])
  })

  test('states where somebody stands and how to reach them', async () => {
    const world = commandWorld()
    const argv = ['person', 'create', NUMBER, '吴兰', '--type', 'undergraduate', '--phone', '+8613800000000']
    const placed = ['--organisation-code', '0701', '--major', '080901', '--class', '2022-1', '--grade', '2022']
    expect((await world.type([...argv, ...placed, '--email', 'lan@school.example'])).code).toBe(0)
    const person = await world.people.findByLogin(NUMBER)
    const identity = person?.identities[0]?.id ?? ''
    expect(world.statements.get(person?.id ?? '')).toMatchObject({
      ...{ phone: { value: '+8613800000000', verifiedAt: null }, email: { value: 'lan@school.example' } },
      identities: { [identity]: { organisationCode: '0701', majorCode: '080901', classCode: '2022-1', grade: '2022' } },
    })
  })

  test('prints JSON where a program reads', async () => {
    const { out } = await commandWorld().type(['person', 'create', NUMBER, '吴兰', '--type', 'staff', '--json'])
    expect(JSON.parse(out)).toMatchObject({ name: '吴兰', identities: [{ number: NUMBER }] })
  })

  test('names every mistake in what was said', async () => {
    const world = commandWorld()
    const { code, err } = await world.type(['person', 'create', '1', ' ', '--type', 'Staff Member', '--alias', '!'])
    expect(code).toBe(2)
    for (const field of ['<name>', '<number>', '--type', '--alias']) expect(err).toContain(`${field}: `)
    expect(world.acts()).toEqual([])
  })

  test('refuses an end that is past, in the words of the options', async () => {
    const world = commandWorld()
    const person = ['person', 'create', NUMBER, '吴兰', '--type', 'staff', '--valid-to']
    const { code, err } = await world.type([...person, '2026-09-01T08:00:00+08:00'])
    expect({ code, err }).toEqual({
      code: 2,
      err: '--valid-to: expected a time after the beginning, which is now unless it is given\n',
    })
    expect(world.acts()).toEqual([])
    expect((await world.type([...person, '2026-09-01T08:00:01+08:00'])).code).toBe(0)
  })

  test('refuses a number that is somebody’s', async () => {
    const { type, acts } = await withPerson()
    const { code, err } = await type(['person', 'create', NUMBER, '郑和', '--type', 'staff'])
    expect({ code, err }).toEqual({ code: 3, err: 'Refused: This number or alias is somebody’s already.\n' })
    expect(acts()).toHaveLength(1)
  })
})

describe('person list', () => {
  test('is a table, in which nothing can steer the terminal', async () => {
    const { campus, type } = await withPerson()
    const sly = { id: 'sly', name: 'a\u001b[2Jb', state: 'pending' as const, identities: [], aliases: [] }
    await campus.people.create(sly)
    expect((await type(['person', 'list'])).out).toBe(
      [
        'NUMBER        STATE    TYPE           NAME',
        `${NUMBER}  active   undergraduate  吴兰`,
        `${' '.repeat(14)}pending${' '.repeat(17)}a[2Jb`,
        '',
      ].join('\n'),
    )
  })

  test('is JSON where a program reads', async () => {
    const { type } = await withPerson()
    expect(JSON.parse((await type(['person', 'list', '--json'])).out)).toMatchObject([
      { name: '吴兰', state: 'active' },
    ])
  })

  test('of nobody says so', async () => {
    expect(await commandWorld().type(['person', 'list'])).toMatchObject({ code: 0, out: '', err: 'Nobody.\n' })
  })
})

describe('person set-password', () => {
  test('asks for a first password twice, without showing it', async () => {
    const { set, hash, acts, id, moments, now } = await withPerson()
    const { code, asked, out, err } = await set([], { answers: [PASSWORD, PASSWORD] })
    expect({ code, asked, out, err }).toEqual({
      code: 0,
      asked: ['[New password: ]', '[Once more: ]'],
      out: '',
      err: 'The password of 吴兰 is set.\n',
    })
    expect(await hash()).toBe(`new:${PASSWORD}`)
    expect(acts().at(-1)).toEqual({ event: 'password.set', actor: 'operator:wang', subject: `person:${id}` })
    expect(moments.get(`person ${id}`)).toEqual(now)
  })

  test('finds the person by an alias as well, as they type it', async () => {
    const { type, hash } = await withPerson()
    await type(['person', 'set-password', ' ＬＡＮ'], { answers: [PASSWORD, PASSWORD] })
    expect(await hash()).toBe(`new:${PASSWORD}`)
  })

  test('reads it from standard input, without the line’s end', async () => {
    const { set, hash } = await withPerson()
    expect((await set(['--password-stdin'], { input: `${PASSWORD} \r\n` })).code).toBe(0)
    expect(await hash()).toBe(`new:${PASSWORD} `)
  })

  test('refuses bytes that are not UTF-8', async () => {
    const { set, hash } = await withPerson()
    const input = Buffer.from('plum blossom in \xe9t\xe9', 'latin1').toString('utf8')
    expect(await set(['--password-stdin'], { input })).toMatchObject({
      code: 2,
      err: 'The password on standard input is not UTF-8.\n',
    })
    expect(await hash()).toBeNull()
  })

  test('invents one, and prints it and nothing else to standard output', async () => {
    const { set, hash } = await withPerson()
    const { code, out } = await set(['--generate'])
    expect(code).toBe(0)
    expect(out).toMatch(/^[a-km-np-z2-9]{4}(-[a-km-np-z2-9]{4}){3}\n$/)
    expect(await hash()).toBe(`new:${out.trim()}`)
  })

  test('replaces one only after a yes', async () => {
    const { set, hash } = await withPerson()
    await set([], { answers: [PASSWORD, PASSWORD] })
    const other = 'another, that is longer'
    for (const answer of ['n', '', 'yesterday']) {
      expect(await set([], { answers: [answer, other, other] })).toMatchObject({
        code: 3,
        err: 'Nothing was changed.\n',
      })
    }
    expect(await set(['--password-stdin'], { input: other })).toMatchObject({ code: 3 })
    expect(await hash()).toBe(`new:${PASSWORD}`)
    const { code, asked } = await set([], { answers: ['Y', other, other] })
    expect({ code, asked: asked[0] }).toEqual({
      code: 0,
      asked: '吴兰 has a password. Replace it, and end their sessions? [y/N] ',
    })
    expect(await hash()).toBe(`new:${other}`)
  })

  test('asks nobody with --yes', async () => {
    const { set, hash } = await withPerson()
    await set(['--password-stdin'], { input: PASSWORD })
    expect(await set(['--password-stdin', '--yes'], { input: 'another, that is longer' })).toMatchObject({
      code: 0,
      asked: [],
    })
    expect(await hash()).toBe('new:another, that is longer')
  })

  test.each([
    ['two that differ', [], { answers: [PASSWORD, 'something else'] }, 2, 'The two differ'],
    ['nobody to type it', [], {}, 2, 'Nothing was typed'],
    ['nothing on standard input', ['--password-stdin'], { input: '\n' }, 2, 'no password on standard input'],
    ['two ways at once', ['--password-stdin', '--generate'], { input: PASSWORD }, 2, 'not both'],
    ['a short one', [], { answers: ['short', 'short'] }, 3, 'fewer than 10 characters'],
    ['the number itself', [], { answers: [`${NUMBER}!`, `${NUMBER}!`] }, 3, 'the name or the number'],
  ] as [string, string[], Sitting, number, string][])('sets nothing for %s', async (_, options, sitting, code, err) => {
    const { set, hash } = await withPerson()
    const typed = await set(options, sitting)
    expect(typed.code).toBe(code)
    expect(typed.err).toContain(err)
    expect(await hash()).toBeNull()
  })

  test('of somebody who is not there fails', async () => {
    const { code, err } = await commandWorld().type(['person', 'set-password', NUMBER, '--generate'])
    expect({ code, err }).toEqual({ code: 1, err: 'Nobody has this number or alias.\n' })
  })
})
