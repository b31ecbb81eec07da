import { describe, expect, test } from '@jest/globals'
import { busySecondsIn, familyOf, familySeconds, foreignShare, memoryOf, processSecondsIn } from './processor-time.ts'

test('the busy time of a machine leaves out idling and waiting for disks', () => {
  const stat = 'cpu  100 20 300 99999 77777 4 5 6 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n'
  expect(busySecondsIn(stat)).toBe(4.35)
})

test('the time of a process is found behind whatever its name holds', () => {
  const stat = '123 (a) b (c) S 1 2 3 0 -1 4194304 10 11 12 13 250 50 30 20 20 0 11 0 99'
  expect(processSecondsIn(stat)).toEqual({ own: 3, collected: 0.5 })
})

describe('the share of others', () => {
  test('is what our own processes do not explain, of all processors', () => {
    expect(foreignShare({ machine: 3, ours: 2, seconds: 2, processors: 2 })).toBe(0.25)
  })

  test('is nothing where a reading came a moment too late', () => {
    expect(foreignShare({ machine: 1.99, ours: 2, seconds: 2, processors: 2 })).toBe(0)
  })
})

describe('of this very process', () => {
  test('the time grows with work', () => {
    const before = familySeconds(process.pid)
    const started = process.cpuUsage().user
    let sum = 0
    while (process.cpuUsage().user - started < 100_000) sum += Math.sqrt(sum + 1)
    expect(familySeconds(process.pid)).toBeGreaterThan(before)
  })

  test('the memory is read in bytes', () => {
    const { resident, peak } = memoryOf(process.pid)
    expect(resident).toBeGreaterThan(20 * 1024 * 1024)
    // The kernel brings the first up to date a little later than the second.
    expect(peak).toBeGreaterThan(resident * 0.9)
  })

  test('the family begins with itself', () => {
    expect(familyOf(process.pid)[0]).toBe(process.pid)
  })
})

test('a process that is gone has no family and used nothing', () => {
  expect(familySeconds(2 ** 22 + 1)).toBe(0)
  expect(memoryOf(2 ** 22 + 1).resident).toBeNaN()
})
