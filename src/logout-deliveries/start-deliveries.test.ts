import { beforeEach, describe, expect, test } from '@jest/globals'
import { type DeliveryWorld, deliveryWorld } from '../../test/support/delivery-world.ts'
import { unavailableSample } from '../../test/support/unavailable-sample.ts'
import type { RunningWork } from '../leases/leases.ts'
import type { Told } from './logout-deliveries.ts'

let world: DeliveryWorld
let one: RunningWork
beforeEach(() => {
  world = deliveryWorld()
  one = world.openProcess('one')
})

describe('two processes', () => {
  test('make one try of each, and where one stops the other goes on', async () => {
    const two = world.openProcess('two')
    await world.ended('library', 20)
    await world.time.pass(1)
    expect(world.tries).toHaveLength(20)
    await one.stop()
    await world.ended('canteen')
    await world.time.pass(6)
    expect(world.triesOf('canteen')).toHaveLength(1)
    await two.stop()
  })

  test('that both believe to lead still make one try of each', async () => {
    const two = world.openProcess('two')
    await world.ended('library', 40)
    world.lead.holder = 'two'
    await world.time.pass(0.5)
    world.lead.holder = 'one'
    await world.time.pass(10)
    expect(world.tries).toHaveLength(40)
    await two.stop()
  })

  test('stopping waits for the try that is under way', async () => {
    const { promise, resolve } = Promise.withResolvers<Told>()
    world.answers.set('library', promise)
    await world.ended('library')
    await world.time.pass(1)
    let hasStopped = false
    const stopping = one.stop().then(() => {
      hasStopped = true
    })
    await world.time.settle()
    expect(hasStopped).toBe(false)
    resolve({ kind: 'told' })
    await stopping
    expect(world.deliveries.standing()).toEqual([])
  })

  test('what somebody had taken who died is tried by the next, ten seconds later', async () => {
    await world.ended('library')
    const now = world.time.clock()
    const heldUntil = new Date(now.getTime() + 10_000)
    await world.deliveries.store.take({ now, heldUntil, except: [], perClient: 4, most: 4 })
    await world.time.pass(9)
    expect(world.tries).toEqual([])
    await world.time.pass(2)
    expect(world.tries).toHaveLength(1)
  })
})

describe('an end that was set where the sessions were not at hand', () => {
  const set = () =>
    world.notBefore.set('person', 'lan', { at: world.time.clock(), reason: 'suspended', expiresAt: null })

  test('is told to everybody who took part, once', async () => {
    world.sessions.set('one', [{ clientId: 'library', personId: 'lan', sid: 'a' }])
    world.sessions.set('two', [
      { clientId: 'library', personId: 'lan', sid: 'b' },
      { clientId: 'canteen', personId: 'lan', sid: 'c' },
    ])
    world.sessions.set('hers', [{ clientId: 'canteen', personId: 'mei', sid: 'd' }])
    await set()
    await world.time.pass(1)
    expect(world.tries.map(({ sid }) => sid).toSorted()).toEqual(['a', 'b', 'c'])
    await world.time.pass(60)
    expect([world.tries.length, [...world.sessions.keys()]]).toEqual([3, ['hers']])
  })

  test('waits for the store of what expires, says so once, and holds nothing else up', async () => {
    world.sessions.set('one', [{ clientId: 'library', personId: 'lan', sid: 'a' }])
    const { untold } = world.notBefore
    world.notBefore.untold = () => Promise.reject(unavailableSample('redis'))
    await set()
    await world.ended('canteen')
    await world.time.pass(10)
    expect(world.tries.map(({ client }) => client)).toEqual(['canteen'])
    expect(world.lines).toEqual(['cannot learn which relying parties are to be told'])
    world.notBefore.untold = untold
    await world.time.pass(1)
    expect(world.triesOf('library')).toHaveLength(1)
  })

  test('is not forgotten where it was interrupted', async () => {
    world.sessions.set('one', [{ clientId: 'library', personId: 'lan', sid: 'a' }])
    const { add } = world.deliveries.store
    world.deliveries.store.add = () => Promise.reject(unavailableSample('postgres'))
    await set()
    await world.time.pass(2)
    expect([world.tries, [...world.sessions.keys()]]).toEqual([[], ['one']])
    world.deliveries.store.add = add
    await world.time.pass(1)
    expect(world.triesOf('library')).toHaveLength(1)
  })
})

test('where what became of a try cannot be kept, it is tried again when nobody holds it any more', async () => {
  const { finish } = world.deliveries.store
  world.deliveries.store.finish = () => Promise.reject(unavailableSample('postgres'))
  await world.ended('library')
  await world.time.pass(5)
  expect(world.tries).toHaveLength(1)
  world.deliveries.store.finish = finish
  await world.time.pass(20)
  expect([world.tries.length, world.deliveries.standing().length]).toEqual([2, 0])
})
