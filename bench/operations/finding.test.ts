import { describe, expect, test } from '@jest/globals'
import { judge } from './finding.ts'

describe('a verdict', () => {
  test.each([
    [{ value: 1.2, low: 1.1, high: 1.3 }, 'met'],
    [{ value: 1.2, low: 0.9, high: 1.3 }, 'met within noise'],
    [{ value: 0.9, low: 0.8, high: 1.1 }, 'missed within noise'],
    [{ value: 0.8, low: 0.7, high: 0.9 }, 'missed'],
    [{ value: 1, low: 1, high: 1 }, 'met'],
    [{ value: Number.NaN, low: Number.NaN, high: Number.NaN }, 'not measured'],
  ])('on %j, where one is the least, is: %s', (seen, verdict) => {
    expect(judge(seen, { least: 1 })).toBe(verdict)
  })

  test.each([
    [{ value: 140, low: 130, high: 150 }, 'met'],
    [{ value: 159, low: 150, high: 165 }, 'met within noise'],
    [{ value: 170, low: 159, high: 180 }, 'missed within noise'],
    [{ value: 180, low: 170, high: 190 }, 'missed'],
  ])('on %j, where 160 is the most, is: %s', (seen, verdict) => {
    expect(judge(seen, { most: 160 })).toBe(verdict)
  })
})
