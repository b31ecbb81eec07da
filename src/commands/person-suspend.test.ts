import { describe, expect, test } from '@jest/globals'
import { commandWorld } from '../../test/support/command-world.ts'

const NUMBER = '202407010101'

async function withPerson() {
  const world = commandWorld()
  await world.type(['person', 'create', NUMBER, '吴兰', '--type', 'undergraduate', '--alias', 'lan'])
  return { ...world, id: (await world.people.findByLogin(NUMBER))?.id ?? '' }
}

describe('person suspend and person restore', () => {
  const WORDS = 'account stolen, ticket 4711'

  test('shuts somebody out after a yes, sets the moment, and says why in the audit', async () => {
    const { type, people, auditLog, id, moments, now } = await withPerson()
    const typed = await type(['person', 'suspend', ' ＬＡＮ', '--reason', WORDS], { answers: ['yes'] })
    expect(typed).toEqual({
      code: 0,
      asked: ['Suspend 吴兰, and end all of their sessions? [y/N] '],
      out: '吴兰 is suspended now.\n',
      err: '',
    })
    expect((await people.find(id))?.state).toBe('suspended')
    expect(moments.get(`person ${id}`)).toEqual(now)
    expect(auditLog.rows.at(-1)).toMatchObject({
      ...{ event: 'person.suspended', result: 'success', actor: 'operator:wang', subject: `person:${id}` },
      details: { reason: WORDS },
    })
  })

  test('changes nothing without a yes', async () => {
    const { type, people, id, moments, acts } = await withPerson()
    for (const sitting of [{}, { answers: ['no'] }]) {
      expect((await type(['person', 'suspend', NUMBER], sitting)).code).toBe(3)
    }
    expect((await people.find(id))?.state).toBe('active')
    expect([moments.size, acts().length]).toEqual([0, 1])
  })

  test('lets them in again, and nothing that began before', async () => {
    const { type, people, id, moments, now, acts } = await withPerson()
    await type(['person', 'suspend', NUMBER, '--yes'])
    moments.clear()
    expect(await type(['person', 'restore', NUMBER])).toMatchObject({
      code: 0,
      out: '吴兰 is active now.\n',
      asked: [],
    })
    expect((await people.find(id))?.state).toBe('active')
    expect(moments.get(`person ${id}`)).toEqual(now)
    expect(acts().at(-1)).toEqual({ event: 'person.restored', actor: 'operator:wang', subject: `person:${id}` })
  })

  test('a second time changes nothing more, and leaves no row', async () => {
    const { type, acts } = await withPerson()
    const before = acts().length
    expect(await type(['person', 'restore', NUMBER])).toMatchObject({ code: 0, out: '吴兰 is active already.\n' })
    expect(acts()).toHaveLength(before)
    await type(['person', 'suspend', NUMBER, '--yes'])
    expect(await type(['person', 'suspend', NUMBER])).toMatchObject({ code: 0, out: '吴兰 is suspended already.\n' })
    expect(acts()).toHaveLength(before + 1)
  })

  test.each([
    ['suspend', 'pending', 'has not activated the account yet'],
    ['restore', 'pending', 'has not activated the account yet'],
    ['suspend', 'closed', 'has a closed account'],
    ['restore', 'closed', 'has a closed account'],
  ] as const)('%s changes nothing of somebody who is %s', async (verb, state, why) => {
    const { type, people, id, moments } = await withPerson()
    await people.setState(id, { from: 'active', to: state })
    expect(await type(['person', verb, NUMBER, ...(verb === 'suspend' ? ['--yes'] : [])])).toMatchObject({
      code: 3,
      err: `吴兰 ${why}: nothing was changed.\n`,
    })
    expect(moments.size).toBe(0)
  })

  test.each(['suspend', 'restore'])('%s of somebody who is not there fails', async (verb) => {
    const { code, err } = await commandWorld().type(['person', verb, NUMBER])
    expect({ code, err }).toEqual({ code: 1, err: 'Nobody has this number or alias.\n' })
  })
})
