import { beforeEach, expect, test } from '@jest/globals'
import { commandWorld } from '../../test/support/command-world.ts'
import { sampleClient } from '../../test/support/memory-desk.ts'

let world: ReturnType<typeof commandWorld>
const later = (seconds: number) => new Date(world.now.getTime() + seconds * 1_000)

beforeEach(async () => {
  world = commandWorld()
  for (const id of ['library', 'canteen']) {
    await world.campus.clients.put(sampleClient(id, { backchannel_logout_uri: 'https://rp.school.example/' }))
  }
  const { logoutDeliveries } = world.campus
  const person = { personId: 'lan' }
  await logoutDeliveries.add([{ ...person, clientId: 'library', sid: 'a' }], world.now)
  await logoutDeliveries.add([{ ...person, clientId: 'canteen', sid: 'b' }], later(5))
  const taking = { now: later(9), heldUntil: later(20), except: ['canteen'], perClient: 9, most: 9 }
  for (const one of await logoutDeliveries.take(taking)) {
    await logoutDeliveries.giveUp(one, { at: later(86_400), failure: 'status_502' })
  }
})

test('lists what was given up, or what is still tried', async () => {
  expect(await world.type(['logout', 'list'])).toMatchObject({
    code: 0,
    out: [
      'CLIENT   PERSON  ENDED                 TRIES  FAILURE     NEXT',
      'library  lan     2026-09-01T00:00:00Z  1      status_502  given up 2026-09-02T00:00:00Z',
      '',
    ].join('\n'),
  })
  const waiting = await world.type(['logout', 'list', '--waiting', '--json'])
  expect(JSON.parse(waiting.out)).toMatchObject([{ clientId: 'canteen', attempts: 0, failure: null }])
  expect(await world.type(['logout', 'list', '--client', 'canteen'])).toMatchObject({ code: 0, out: '' })
})

test('tries again what was given up, of one client or of all, and says so in the audit', async () => {
  expect(await world.type(['logout', 'retry', 'canteen'])).toMatchObject({ code: 0, out: '' })
  expect(world.acts()).toEqual([])
  expect(await world.type(['logout', 'retry'])).toMatchObject({ code: 0, out: '1 is tried again.\n' })
  expect(world.acts()).toMatchObject([{ event: 'back-channel-logout.retried', actor: 'operator:wang' }])
  expect(await world.campus.logoutDeliveries.counts()).toEqual({ waiting: 2, givenUp: 0 })
  expect(await world.campus.logoutDeliveries.list({ givenUp: false, clientId: 'library', limit: 1 })).toMatchObject([
    { dueAt: world.now, until: later(86_400), attempts: 0 },
  ])
})
