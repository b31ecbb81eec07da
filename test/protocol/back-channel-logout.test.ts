import { afterEach, describe, expect, test } from '@jest/globals'
import { type BackChannelWorld, openBackChannelWorld, signOut } from '../support/back-channels.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { claimsIn, locationOf } from '../support/provider-visitor.ts'
import { until } from '../support/until.ts'

let world: BackChannelWorld
afterEach(() => world.close())

async function open(...asked: Parameters<typeof openBackChannelWorld>) {
  world = await openBackChannelWorld(...asked)
  return world
}

describe('telling relying parties', () => {
  test('waits for no relying party, and tries those again that fail', async () => {
    const { visitor, channels } = await open(['hang', 'reset', 500, 302, 400])
    const { left } = await signOut(visitor)
    expect(locationOf(left)?.pathname).toBe('/session/end/success')
    await world.deliver()
    await until('all have failed', () => world.failures().length === 5)
    expect(world.failures().toSorted()).toEqual([
      'no_answer_in_time',
      'status_302',
      'status_400',
      'status_500',
      'unreachable',
    ])
    expect(channels.map(({ received }) => received.length)).toEqual([1, 1, 1, 1, 1])
    expect(world.deliveries().map(({ attempts, givenUpAt }) => [attempts, givenUpAt])).toEqual(
      channels.map(() => [1, null]),
    )
    const failed = world.events.filter(({ event }) => event === 'back-channel-logout.failed')
    expect(failed.map(({ client }) => client).toSorted()).toEqual(['rp-0', 'rp-1', 'rp-2', 'rp-3', 'rp-4'])
  })

  test('sends a token of its own at each try', async () => {
    const { visitor, channels } = await open([400])
    await signOut(visitor)
    for (const tries of [1, 2]) {
      world.dueNow()
      await world.deliver()
      await until('it was tried', () => channels[0]?.received.length === tries && world.failures().length === 1)
    }
    const [first, second] = (channels[0]?.received ?? []).map(claimsIn)
    expect(first).toMatchObject({ sid: second?.['sid'], sub: second?.['sub'] })
    expect(first?.['jti']).not.toBe(second?.['jti'])
  })

  test('reaches no network that the operator has not listed', async () => {
    const { visitor, channels } = await open([200], [])
    await signOut(visitor)
    await world.deliver()
    await until('it has failed', () => world.failures().length === 1)
    expect([world.failures(), channels[0]?.received]).toEqual([['unreachable'], []])
  })

  test('tells a relying party where it is now, and nobody where the client was disabled meanwhile', async () => {
    const { visitor, channels } = await open([200, 200])
    await signOut(visitor)
    const moved = await world.openChannel(200)
    await world.needs.clients.put(sampleClient('rp-0', { backchannel_logout_uri: moved.uri }))
    await world.needs.clients.disable('rp-1', new Date())
    await world.delivered()
    expect(channels.flatMap(({ received }) => received)).toEqual([])
    expect(moved.received).toHaveLength(1)
    expect(claimsIn(moved.received[0])).not.toHaveProperty('sid')
    expect(world.metrics.total('campus_logout_deliveries_total', { client: 'rp-1', result: 'ended' })).toBe(1)
  })
})
