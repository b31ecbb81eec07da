import { expect, jest, test } from '@jest/globals'
import { createReadiness } from './readiness.ts'

let now = 0
const clock = () => new Date(now)

test('a process becomes ready once, and never again after it began to stop', () => {
  const readiness = createReadiness({ pings: {}, clock })
  expect(readiness.state()).toBe('starting')
  readiness.becomeReady()
  expect(readiness.state()).toBe('ready')
  readiness.beginStopping()
  readiness.becomeReady()
  expect(readiness.state()).toBe('stopping')
})

test('a process that leaves may still stop, and one that stops leaves no more', () => {
  const readiness = createReadiness({ pings: {}, clock })
  readiness.becomeReady()
  readiness.beginLeaving()
  expect(readiness.state()).toBe('leaving')
  readiness.beginStopping()
  readiness.beginLeaving()
  expect(readiness.state()).toBe('stopping')
})

test('stores are asked once a second however often they are looked at', async () => {
  const ping = jest.fn(async () => {})
  const readiness = createReadiness({ pings: { redis: ping }, clock })
  expect(await Promise.all([readiness.stores(), readiness.stores()])).toEqual([{ redis: 'up' }, { redis: 'up' }])
  now += 999
  await readiness.stores()
  expect(ping).toHaveBeenCalledTimes(1)
  now += 1
  await readiness.stores()
  expect(ping).toHaveBeenCalledTimes(2)
})

test('a store that hangs is down after a second, and the others are told of meanwhile', async () => {
  const pings = { redis: () => new Promise<void>(() => {}), postgres: async () => {} }
  expect(await createReadiness({ pings, clock }).stores()).toEqual({ redis: 'down', postgres: 'up' })
})
