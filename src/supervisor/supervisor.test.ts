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

describe('the start', () => {
  test('begins with one worker, and the others follow when it is ready', async () => {
    open(3)
    await played.time.settle()
    expect(played.numbers()).toEqual([1])
    await worker(0).becomeReady()
    expect(played.numbers()).toEqual([1, 2, 3])
    expect(played.supervisor.counts()).toEqual({ running: 3, restarts: 0 })
  })

  test('that the first worker cannot make ends the server with its exit code, and starts no other', async () => {
    open(3)
    await worker(0).end({ code: 2 })
    expect(played.exitCode()).toBe(2)
    await played.time.pass(3_600)
    expect(played.numbers()).toEqual([1])
    expect(played.messages()).toEqual([])
  })

  test.each([
    [{ signal: 'SIGKILL' }, ['the first worker was ended while it started']],
    [{ code: 0 }, []],
  ])('of which nothing came (%j) has failed', async (ending, said) => {
    open(2)
    await worker(0).end(ending)
    expect(played.exitCode()).toBe(1)
    expect(played.messages()).toEqual(said)
  })

  test('may take as long as migrations take', async () => {
    open(2)
    await played.time.pass(7_200)
    expect(worker(0).wasKilled).toBe(false)
  })

  test('that a later worker cannot make leaves the others alone, and is tried again', async () => {
    open(2)
    await worker(0).becomeReady()
    await worker(1).end({ code: 4 })
    await played.time.pass(0)
    expect(played.numbers()).toEqual([1, 2, 2])
    expect(played.exitCode()).toBeNull()
    expect(played.lines.at(-1)).toEqual({
      message: 'a worker ended by itself',
      fields: { worker: 2, endedPid: 101, code: 4, signal: null, failures: 1, restartInSeconds: 0 },
    })
  })
})

describe('a worker that dies', () => {
  test('is replaced at once', async () => {
    await openReady(2)
    await worker(1).end({ signal: 'SIGKILL' })
    expect(played.supervisor.counts()).toEqual({ running: 1, restarts: 0 })
    await played.time.pass(0)
    expect(played.numbers()).toEqual([1, 2, 2])
    expect(played.supervisor.counts()).toEqual({ running: 2, restarts: 1 })
  })

  test('again and again is replaced after ever longer', async () => {
    await openReady(1)
    const delays: number[] = []
    for (let death = 0; death < 8; death++) {
      await worker(death).becomeReady()
      await worker(death).end({ code: 1 })
      const [delay = -1] = played.time.waiting()
      delays.push(delay)
      await played.time.pass(delay)
    }
    expect(delays).toEqual([0, 1, 2, 4, 8, 16, 30, 30])
    expect(played.numbers()).toHaveLength(9)
  })

  test('after it was well for a minute is replaced at once again', async () => {
    await openReady(1)
    for (let death = 0; death < 4; death++) {
      await worker(death).end({ code: 1 })
      await played.time.pass(30)
    }
    await worker(4).becomeReady()
    await played.time.pass(59)
    await worker(4).end({ code: 1 })
    expect(played.time.waiting()).toEqual([8])
    await played.time.pass(8)
    await worker(5).becomeReady()
    await played.time.pass(60)
    await worker(5).end({ code: 1 })
    expect(played.time.waiting()).toEqual([0])
  })

  test('that does not become ready in two minutes is killed and replaced', async () => {
    await openReady(1)
    await worker(0).end({ code: 1 })
    await played.time.pass(0)
    await played.time.pass(119)
    expect(worker(1).wasKilled).toBe(false)
    await played.time.pass(3)
    expect(worker(1).wasKilled).toBe(true)
    expect(played.numbers()).toEqual([1, 1, 1])
  })
})

describe('a worker that hangs', () => {
  test('for half a minute is killed and replaced', async () => {
    await openReady(2)
    worker(1).hangs = true
    await played.time.pass(29)
    expect(worker(1).wasKilled).toBe(false)
    await played.time.pass(1)
    expect(worker(1).wasKilled).toBe(true)
    expect(worker(0).wasKilled).toBe(false)
    expect(played.messages()).toEqual(['a worker does not answer: it is killed', 'a worker ended by itself'])
    await played.time.pass(0)
    expect(played.numbers()).toEqual([1, 2, 2])
  })

  test('and comes back to itself stays', async () => {
    await openReady(1)
    for (let time = 0; time < 3; time++) {
      worker(0).hangs = true
      await played.time.pass(20)
      worker(0).hangs = false
      await played.time.pass(10)
    }
    expect(worker(0).wasKilled).toBe(false)
    expect(played.messages()).toEqual([])
  })

  test('when it was told to leave or to stop has the bounds of these', async () => {
    await openReady(1)
    played.supervisor.roll()
    await worker(1).becomeReady()
    worker(0).hangs = true
    await played.time.pass(79)
    expect(worker(0).wasKilled).toBe(false)
    await played.time.pass(1)
    expect(worker(0).wasKilled).toBe(true)
    played.supervisor.stop()
    expect(played.time.waiting()).toEqual([15])
  })

  test('is not asked before it is ready, nor after it has ended', async () => {
    open(1)
    worker(0).hangs = true
    await played.time.pass(600)
    expect(worker(0).wasKilled).toBe(false)
    await worker(0).becomeReady()
    expect(played.time.waiting()).toEqual([10])
    await worker(0).end({ code: 1 })
    expect(played.time.waiting()).toEqual([0])
  })
})

describe('stopping', () => {
  test('tells every worker, also those that leave or start, and ends when the last one has', async () => {
    await openReady(2)
    played.supervisor.roll()
    await worker(2).becomeReady()
    played.supervisor.stop()
    expect(played.all.map(({ told }) => told)).toEqual([['leave', 'stop'], ['stop'], ['stop']])
    await worker(0).end()
    await worker(1).end()
    expect(played.exitCode()).toBeNull()
    await worker(2).end()
    expect(played.exitCode()).toBe(0)
    await played.time.pass(600)
    expect(played.numbers()).toEqual([1, 2, 1])
  })

  test.each([true, false])('during the start ends it, be the first worker ready (%s) or not', async (isReady) => {
    open(2)
    played.supervisor.stop()
    expect(worker(0).told).toEqual(['stop'])
    if (isReady) await worker(0).becomeReady()
    await worker(0).end(isReady ? { code: 0 } : { signal: 'SIGTERM' })
    expect(played.exitCode()).toBe(0)
    expect(played.messages()).toEqual(['stopping'])
    expect(played.numbers()).toEqual([1])
  })

  test('a new worker that becomes ready too late sends nobody away', async () => {
    await openReady(1)
    played.supervisor.roll()
    played.supervisor.stop()
    await worker(1).becomeReady()
    expect(played.all.map(({ told }) => told)).toEqual([['stop'], ['stop']])
  })

  test('kills whoever has not ended in time, and says so in its exit code', async () => {
    await openReady(2)
    played.supervisor.stop()
    await worker(0).end()
    await played.time.pass(14)
    expect(worker(1).wasKilled).toBe(false)
    await played.time.pass(1)
    expect(worker(1).wasKilled).toBe(true)
    expect(played.exitCode()).toBe(1)
  })

  test('asked for again kills at once', async () => {
    await openReady(2)
    played.supervisor.stop()
    played.supervisor.stop()
    await played.time.settle()
    expect(played.all.every(({ wasKilled }) => wasKilled)).toBe(true)
    expect(played.exitCode()).toBe(1)
  })

  test('starts nobody any more: no restart that was waited for, no worker that is renewed', async () => {
    await openReady(2)
    await worker(1).end({ code: 1 })
    played.supervisor.roll()
    played.supervisor.stop()
    played.supervisor.roll()
    for (const one of played.all) await one.end()
    await played.time.pass(600)
    expect(played.exitCode()).toBe(0)
    expect(played.messages()).not.toContain('a new worker did not become ready: the others stay as they are')
    expect(played.numbers()).toEqual([1, 2, 1])
  })
})
