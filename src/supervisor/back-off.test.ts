import { expect, test } from '@jest/globals'
import { restartDelay } from './back-off.ts'

test('the first restart comes at once, and each later one after twice as long, up to thirty seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => restartDelay(failures, 0))).toEqual([
    0, 1, 2, 4, 8, 16, 30, 30, 30,
  ])
})

test('jitter takes away up to half', () => {
  expect(restartDelay(1, 1)).toBe(0)
  expect(restartDelay(4, 0.5)).toBe(3)
  expect(restartDelay(100, 1)).toBe(15)
})
