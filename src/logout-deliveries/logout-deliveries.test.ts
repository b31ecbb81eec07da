import { beforeEach, describe, expect, test } from '@jest/globals'
import { DEAD_CLIENTS, type DeliveryWorld, deliveryWorld, gone, refuses } from '../../test/support/delivery-world.ts'
import type { Told } from './logout-deliveries.ts'

const HOUR = 3_600

let world: DeliveryWorld
beforeEach(() => {
  world = deliveryWorld()
  world.openProcess('one')
})

describe('a relying party', () => {
  test('is told within a second, once, and nothing of it is kept', async () => {
    await world.ended('library')
    await world.time.pass(1)
    expect(world.tries).toEqual([{ client: 'library', sid: 'library-0', at: 0.5 }])
    await world.time.pass(60)
    expect(world.tries).toHaveLength(1)
    expect(world.deliveries.standing()).toEqual([])
    expect(world.events).toMatchObject([
      { event: 'back-channel-logout.delivered', client: 'library', subject: 'person:lan' },
    ])
    expect(world.metrics.total('campus_logout_deliveries_total', { result: 'delivered' })).toBe(1)
  })

  test('that does not answer is tried again, later each world.time, and given up after a day', async () => {
    world.answers.set('dead', gone)
    await world.ended('dead')
    await world.passLong(23 * HOUR)
    const gaps = world.triesOf('dead').map(({ at }, index, all) => at - (all[index - 1]?.at ?? 0))
    expect(gaps.slice(1, 6)).toEqual([5, 10, 20, 40, 80])
    expect(Math.max(...gaps)).toBe(3_600)
    expect(world.deliveries.standing()).toMatchObject([{ failure: 'unreachable', givenUpAt: null }])
    await world.passLong(2 * HOUR)
    expect(world.deliveries.standing()).toMatchObject([{ failure: 'unreachable', givenUpAt: expect.any(Date) }])
    const before = world.tries.length
    expect(before).toBe(33)
    await world.passLong(24 * HOUR)
    expect(world.tries).toHaveLength(before)
    expect(world.events.filter(({ event }) => event === 'back-channel-logout.given-up')).toMatchObject([
      { client: 'dead' },
    ])
    expect(world.metrics.total('campus_logout_deliveries_total', { result: 'given_up' })).toBe(1)
    expect(world.metrics.reading('campus_logout_deliveries')).toContainEqual({
      labels: { state: 'given_up' },
      value: 1,
    })
  })

  test('is told when it is back', async () => {
    world.answers.set('dead', gone)
    await world.ended('dead', 50)
    await world.time.pass(60)
    world.answers.delete('dead')
    await world.passLong(HOUR)
    expect(world.deliveries.standing()).toEqual([])
    expect(new Set(world.triesOf('dead').map(({ sid }) => sid)).size).toBe(50)
  })

  test('that was given up can be tried again, and is forgotten after two weeks', async () => {
    world.answers.set('dead', gone)
    await world.ended('dead', 2)
    await world.passLong(25 * HOUR)
    const now = world.time.clock()
    const until = new Date(now.getTime() + 24 * HOUR * 1_000)
    expect(await world.deliveries.store.retry({ clientId: 'dead', now, until })).toBe(2)
    await world.passLong(25 * HOUR)
    expect(world.deliveries.standing().map(({ givenUpAt }) => givenUpAt)).toEqual([expect.any(Date), expect.any(Date)])
    await world.passLong(15 * 24 * HOUR)
    expect(world.deliveries.standing()).toEqual([])
  })

  test('that world.answers, and refuses, gets what comes next without a rest', async () => {
    world.answers.set('library', refuses)
    await world.ended('library')
    await world.time.pass(1)
    world.answers.delete('library')
    await world.deliveries.store.add([{ clientId: 'library', personId: 'mei', sid: 'next' }], world.time.clock())
    await world.time.pass(0.5)
    expect(world.triesOf('library').map(({ sid }) => sid)).toEqual(['library-0', 'next'])
  })
})

describe('one that does not answer', () => {
  test('holds nobody up, however much waits for it', async () => {
    const never = new Promise<Told>(() => undefined)
    for (const client of ['dead', ...DEAD_CLIENTS.slice(0, 30)]) {
      world.answers.set(client, never)
      await world.ended(client, 20)
    }
    await world.time.pass(1)
    await world.ended('library', 9)
    await world.time.pass(1)
    expect(world.triesOf('library')).toHaveLength(9)
    // Four at once, and no more while these are under way.
    expect(world.triesOf('dead')).toHaveLength(4)
  })

  test('rests, so that all the others have their turn', async () => {
    for (const client of DEAD_CLIENTS) {
      world.answers.set(client, gone)
      await world.ended(client, 20)
    }
    await world.time.pass(60)
    const before = world.tries.length
    await world.ended('library', 3)
    await world.time.pass(1)
    expect(world.triesOf('library')).toHaveLength(3)
    await world.time.pass(300)
    // A few tries each, and not twenty every few seconds.
    expect((world.tries.length - before - 3) / 40).toBeLessThan(20)
  })

  test('does not take what waits behind it past its day', async () => {
    world.answers.set('dead', gone)
    await world.ended('dead', 1_200)
    await world.time.pass(60)
    world.time.leap(25 * HOUR)
    await world.time.pass(40)
    expect(await world.deliveries.store.counts()).toEqual({ waiting: 0, givenUp: 1_200 })
    expect(world.metrics.total('campus_logout_deliveries_total', { result: 'given_up' })).toBe(1_200)
  })
})
