import { describe, expect, test } from '@jest/globals'
import { FaultError } from './flows.ts'
import { closedLoop, type LoopTools, openLoop } from './loops.ts'

/** A clock that moves only while somebody waits on it; a pause ends when its moment has come, the earliest first. */
function toldTime() {
  let now = 0
  let sleepers: { at: number; wake(): void }[] = []
  const pause = (milliseconds: number) =>
    new Promise<void>((wake) => {
      sleepers.push({ at: now + milliseconds, wake })
      if (sleepers.length === 1) setImmediate(passOn)
    })

  function passOn() {
    sleepers = sleepers.toSorted((one, other) => one.at - other.at)
    const [next, ...others] = sleepers
    sleepers = others
    now = Math.max(now, next?.at ?? now)
    next?.wake()
    if (sleepers.length > 0) setImmediate(passOn)
  }

  const connection = { ask: () => Promise.reject(new Error('nobody is asked')), close: () => undefined }
  const tools: LoopTools = { open: () => connection, now: () => now, pause }
  return tools
}

describe('a closed loop', () => {
  test('asks again as soon as it was answered, in as many lines as it has', async () => {
    const tools = toldTime()
    const tally = await closedLoop(() => tools.pause(10), { slots: 4, seconds: 1 }, tools)
    expect(tally).toEqual({ done: 400, seconds: 1, faults: {}, p50: 10, p99: 10 })
  })

  test('ends when there is nothing left to do', async () => {
    const tools = toldTime()
    const tally = await closedLoop(() => tools.pause(10), { slots: 4, seconds: 1, times: 40 }, tools)
    expect([tally.done, tally.seconds]).toEqual([40, 0.1])
  })

  test('counts what went wrong by what it was, and apart from what went well', async () => {
    const tools = toldTime()
    let turn = 0
    const step = async () => {
      await tools.pause(10)
      turn++
      if (turn % 10 === 0) throw new FaultError('GET /me: 500')
      if (turn % 25 === 3) throw new Error('cut')
    }
    const { done, faults } = await closedLoop(step, { slots: 1, seconds: 1 }, tools)
    expect(faults).toEqual({ 'GET /me: 500': 10, 'unexpected: Error: cut': 4 })
    expect(done).toBe(86)
  })

  test('gives up where everything goes wrong', async () => {
    const tools = toldTime()
    const refuse = () => Promise.reject(new FaultError('refused'))
    const { done, faults } = await closedLoop(refuse, { slots: 2, seconds: 1 }, tools)
    expect(done).toBe(0)
    expect(faults['refused']).toBeLessThanOrEqual(501)
  })
})

describe('an open loop', () => {
  test('begins as often as it is told, however quick the answers are', async () => {
    const tools = toldTime()
    const begun: number[] = []
    const step = async () => {
      begun.push(tools.now())
      await tools.pause(1)
    }
    const { done } = await openLoop(step, { rate: 100, seconds: 1, slots: 8 }, tools)
    expect(done).toBe(100)
    expect(begun.slice(0, 4)).toEqual([0, 10, 20, 30])
  })

  test('charges a stall to everybody who would have come meanwhile', async () => {
    const tools = toldTime()
    let free = 0
    // One at a time: the fiftieth takes half a second, the others a millisecond.
    let turn = 0
    const step = async () => {
      const takes = ++turn === 50 ? 500 : 1
      free = Math.max(free, tools.now()) + takes
      await tools.pause(free - tools.now())
    }
    const { done, p50, p99 } = await openLoop(step, { rate: 100, seconds: 1, slots: 2 }, tools)
    expect(done).toBe(100)
    // Fifty came during the stall; a closed loop would have seen a single slow answer.
    expect(p50).toBeGreaterThan(1)
    expect(p99).toBeGreaterThan(400)
  })
})
