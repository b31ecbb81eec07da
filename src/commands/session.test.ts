import { beforeEach, expect, test } from '@jest/globals'
import { commandWorld } from '../../test/support/command-world.ts'
import { sampleClient } from '../../test/support/memory-desk.ts'
import { samplePerson } from '../../test/support/provider-world.ts'
import { sessionsOfPerson } from '../oidc/oidc.ts'
import { encodeDocument } from '../oidc/session-document.ts'
import { keyOfSession } from '../oidc/session-documents.ts'

let world: ReturnType<typeof commandWorld>
beforeEach(async () => {
  world = commandWorld()
  await world.campus.people.create(samplePerson('lan', '202407010101'))
  await world.campus.clients.put(sampleClient('library', { client_name: '图书馆' }))
  world.campus.notBefore.standing = async () => {
    return { person: null, profile: null, clientEnabled: true, notBefore: world.moments.get('session one') ?? null }
  }
  const since = world.now.getTime() / 1_000 - 600
  const session = {
    ...{ kind: 'Session', uid: 'one', accountId: 'lan', loginTs: since, exp: since + 7_200, transient: true },
    ...{ signedInFrom: '192.0.2.7, Firefox, Windows', authorizations: { library: { sid: 'a' }, gone: { sid: 'b' } } },
  }
  const index = { seconds: 7_200, indexes: [sessionsOfPerson('lan')] }
  await world.campus.expiring.put(keyOfSession('one'), encodeDocument({ session, cookies: [], grants: [] }), index)
})

test('lists the sessions of a person', async () => {
  const { code, out } = await world.type(['session', 'list', '202407010101'])
  expect(code).toBe(0)
  expect(out).toContain('one      2026-08-31T23:50:00Z  2026-09-01T01:50:00Z  no')
  expect(out).toContain('192.0.2.7, Firefox, Windows  图书馆, gone')
  expect(JSON.parse((await world.type(['session', 'list', 'lan', '--json'])).out)).toMatchObject([{ id: 'one' }])
  expect(await world.type(['session', 'list', 'nobody'])).toMatchObject({ code: 1, out: '' })
})

test('ends one, which is there once', async () => {
  expect(await world.type(['session', 'end', 'one'])).toMatchObject({ code: 0, out: 'The session has ended.\n' })
  expect(world.moments.get('session one')).toEqual(world.now)
  expect(world.acts()).toEqual([{ event: 'session.ended', actor: 'operator:wang', subject: 'person:lan' }])
  expect(await world.type(['session', 'end', 'one'])).toMatchObject({ code: 1, out: '' })
  expect(await world.type(['session', 'end', 'another'])).toMatchObject({ code: 1, out: '' })
  expect(world.acts()).toHaveLength(1)
})

test('ends all of a person, after asking', async () => {
  const words = ['session', 'end', '--person', '202407010101']
  expect(await world.type(words, { answers: ['n'] })).toMatchObject({ code: 3 })
  expect(world.moments.size).toBe(0)
  expect(await world.type(words, { answers: ['y'] })).toMatchObject({ code: 0 })
  expect(world.moments.get('person lan')).toEqual(world.now)
  expect(world.acts()).toEqual([{ event: 'sessions.ended', actor: 'operator:wang', subject: 'person:lan' }])
})

test.each([[[]], [['one', '--person', 'lan']]])('understands one of the two: %j', async (words) => {
  expect(await world.type(['session', 'end', ...words])).toMatchObject({ code: 2 })
})
