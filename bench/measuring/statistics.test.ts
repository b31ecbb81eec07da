import { describe, expect, test } from '@jest/globals'
import { estimate, median, quantile, seededRandom } from './statistics.ts'

describe('the median', () => {
  test('is the number in the middle, in whatever order they come', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([10, 9, 1, 2])).toBe(5.5)
  })

  test('of none is none', () => {
    expect(median([])).toBeNaN()
  })
})

test('a quantile between two numbers lies on the line between them', () => {
  expect(quantile([0, 10], 0.25)).toBe(2.5)
  expect(quantile([3, 1, 2], 0)).toBe(1)
  expect(quantile([3, 1, 2], 1)).toBe(3)
})

describe('an estimate', () => {
  test('is the median with an interval around it, within what was measured', () => {
    const { value, low, high } = estimate([1.0, 1.1, 1.2, 1.3, 5], seededRandom(1))
    expect(value).toBe(1.2)
    expect(low).toBeGreaterThanOrEqual(1)
    expect(low).toBeLessThan(1.2)
    expect(high).toBeGreaterThan(1.2)
    expect(high).toBeLessThanOrEqual(5)
  })

  test('is narrower the more it rests on', () => {
    const numbers = (count: number) => Array.from({ length: count }, (_, index) => 1 + (index % 10) / 10)
    const width = (count: number) => {
      const { low, high } = estimate(numbers(count), seededRandom(1))
      return high - low
    }
    expect(width(100)).toBeLessThan(width(10))
  })

  test('of numbers that do not differ has no width', () => {
    expect(estimate([2, 2, 2], seededRandom(1))).toEqual({ value: 2, low: 2, high: 2 })
  })

  test('is the same for the same numbers', () => {
    const numbers = [3, 1, 4, 1, 5, 9, 2, 6]
    expect(estimate(numbers, seededRandom(7))).toEqual(estimate(numbers, seededRandom(7)))
  })
})

test('a seeded source is even, and keeps between 0 and 1', () => {
  const random = seededRandom(42)
  const drawn = Array.from({ length: 10_000 }, random)
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...drawn)).toBeLessThan(1)
  expect(drawn.reduce((sum, one) => sum + one, 0) / drawn.length).toBeCloseTo(0.5, 1)
})
