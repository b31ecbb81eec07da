/** Somebody is suspended and restored, as `campus-id person suspend` does it: their relying parties are told. */
import { afterEach, expect, test } from '@jest/globals'
import { suspendOrRestore } from '../../src/people/people.ts'
import { type BackChannelWorld, openBackChannelWorld } from '../support/back-channels.ts'
import { claimsIn, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { wholeTransaction } from '../support/registering.ts'
import { until } from '../support/until.ts'

let world: BackChannelWorld
afterEach(() => world.close())

const turn = (to: 'suspended' | 'active', clock = world.needs.clock) =>
  suspendOrRestore({ clock, ...wholeTransaction(world) }, { personId: 'lan', to, actor: 'operator:wang', reason: null })

async function isIn(visitor: Visitor): Promise<boolean> {
  const answer = await visitor.authorize({ client: 'rp-0', params: { prompt: 'none' } })
  return locationOf(answer)?.searchParams.has('code') ?? false
}

test('whoever is suspended gets nothing more, and their relying parties are told by themselves', async () => {
  world = await openBackChannelWorld([200, 200])
  const { visitor, tokens, channels } = world
  const hers = newVisitor(world)
  await hers.signIn({ client: 'rp-0' }, { person: 'mei' })
  expect(await turn('suspended')).toEqual({ kind: 'changed' })
  expect(await isIn(visitor)).toBe(false)
  for (const token of tokens) expect((await visitor.userinfo(token['access_token'])).status).toBe(401)
  await world.deliver()
  await until('both are told', () => channels.every(({ received }) => received.length === 1))
  expect(channels.map(({ received }) => claimsIn(received[0])['sid'])).toEqual(
    tokens.map((token) => claimsIn(token['id_token'])['sid']),
  )
  expect(await isIn(hers)).toBe(true)
})

test('whoever is restored signs in anew: nothing that began before comes back', async () => {
  world = await openBackChannelWorld([200])
  const { visitor, tokens } = world
  await turn('suspended')
  expect(await turn('active')).toEqual({ kind: 'changed' })
  expect(await isIn(visitor)).toBe(false)
  expect((await visitor.userinfo(tokens[0]?.['access_token'])).status).toBe(401)
  const again = newVisitor(world)
  await again.signIn({ client: 'rp-0' })
  expect(await isIn(again)).toBe(true)
})

test('what slips in at the edge of a suspension does not come back with the person', async () => {
  world = await openBackChannelWorld([200])
  await turn('suspended', () => new Date(Date.now() - 5_000))
  // Let in by a gate that was asked before the suspension stood.
  await world.setState('lan', 'active')
  const late = newVisitor(world)
  await late.signIn({ client: 'rp-0' })
  expect(await isIn(late)).toBe(true)
  await world.setState('lan', 'suspended')
  expect(await isIn(late)).toBe(false)
  await turn('active')
  expect(await isIn(late)).toBe(false)
})

test('nobody is suspended who is not there', async () => {
  world = await openBackChannelWorld([200])
  const nobody = { personId: 'nobody', to: 'suspended', actor: 'operator:wang', reason: null } as const
  const suspending = suspendOrRestore({ clock: world.needs.clock, ...wholeTransaction(world) }, nobody)
  await expect(suspending).rejects.toMatchObject({ code: 'not_found' })
})

test('of several suspensions at once one is an act', async () => {
  world = await openBackChannelWorld([200])
  const outcomes = await Promise.all([turn('suspended'), turn('suspended'), turn('suspended')])
  expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['changed', 'unchanged', 'unchanged'])
  expect(world.events.filter(({ event }) => event === 'person.suspended')).toHaveLength(1)
})
