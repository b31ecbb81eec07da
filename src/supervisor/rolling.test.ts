import { afterEach, describe, expect, test } from '@jest/globals'
import { openReadySupervisor, openSupervisor, type PlayedWorkers } from '../../test/support/played-workers.ts'

let played: PlayedWorkers
afterEach(async () => {
  await played.close()
  expect(played.time.waiting()).toEqual([])
})

const open = (workers: number) => {
  played = openSupervisor(workers)
}
const openReady = async (workers: number) => {
  played = await openReadySupervisor(workers)
}
const worker = (at: number) => played.worker(at)

describe('rolling', () => {
  test('renews one by one: the new one is ready before the old one leaves, which is gone before the next', async () => {
    await openReady(2)
    played.supervisor.roll()
    expect(played.numbers()).toEqual([1, 2, 1])
    expect(worker(0).told).toEqual([])
    await worker(2).becomeReady()
    expect(worker(0).told).toEqual(['leave'])
    expect(played.numbers()).toEqual([1, 2, 1])
    await worker(0).end()
    expect(played.numbers()).toEqual([1, 2, 1, 2])
    expect(worker(1).told).toEqual([])
    await worker(3).becomeReady()
    await worker(1).end()
    expect(played.messages()).toEqual(['renewing the workers one by one', 'all workers are renewed'])
    expect(played.supervisor.counts()).toEqual({ running: 2, restarts: 0 })
  })

  test.each([
    ['ends', async () => worker(2).end({ code: 2 })],
    ['is too slow', () => played.time.pass(120)],
  ])('stops where the new worker %s, and the old ones stay', async (_what, fail) => {
    await openReady(2)
    played.supervisor.roll()
    await fail()
    await played.time.pass(300)
    expect(played.numbers()).toEqual([1, 2, 1])
    expect(played.all.flatMap(({ told }) => told)).toEqual([])
    expect(played.messages()).toContain('a new worker did not become ready: the others stay as they are')
    expect(played.supervisor.counts().running).toBe(2)
  })

  test('asked for several times meanwhile begins once more', async () => {
    await openReady(1)
    for (let asked = 0; asked < 5; asked++) played.supervisor.roll()
    await worker(1).becomeReady()
    await worker(0).end()
    expect(played.numbers()).toEqual([1, 1, 1])
    await worker(2).becomeReady()
    await worker(1).end()
    await played.time.pass(600)
    expect(played.numbers()).toEqual([1, 1, 1])
  })

  test('asked for during the start waits for its end', async () => {
    open(2)
    played.supervisor.roll()
    await played.time.settle()
    expect(played.numbers()).toEqual([1])
    await worker(0).becomeReady()
    expect(played.numbers()).toEqual([1, 2, 1])
  })

  test('after a failure can be asked for again', async () => {
    await openReady(1)
    played.supervisor.roll()
    await worker(1).end({ code: 2 })
    played.supervisor.roll()
    await worker(2).becomeReady()
    expect(worker(0).told).toEqual(['leave'])
  })

  test('kills an old worker that does not leave in its time', async () => {
    await openReady(1)
    played.supervisor.roll()
    await worker(1).becomeReady()
    await played.time.pass(79)
    expect(worker(0).wasKilled).toBe(false)
    await played.time.pass(1)
    expect(worker(0).wasKilled).toBe(true)
    expect(played.messages()).toContain('all workers are renewed')
  })

  test('fills a place whose worker waits for its restart, which then does not come', async () => {
    await openReady(1)
    for (let death = 0; death < 5; death++) {
      await worker(death).end({ code: 1 })
      await played.time.pass(death === 4 ? 0 : 30)
    }
    expect(played.time.waiting()).toEqual([8])
    played.supervisor.roll()
    await worker(5).becomeReady()
    await played.time.pass(600)
    expect(played.numbers()).toHaveLength(6)
    expect(worker(5).told).toEqual([])
  })

  test('a new worker that dies while the old one leaves is replaced', async () => {
    await openReady(1)
    played.supervisor.roll()
    await worker(1).becomeReady()
    await worker(1).end({ signal: 'SIGSEGV' })
    await played.time.pass(0)
    expect(played.numbers()).toEqual([1, 1, 1])
    expect(worker(2).told).toEqual([])
  })
})
