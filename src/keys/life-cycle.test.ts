import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  ANNOUNCED_SECONDS,
  announcedFrom,
  isSuccessorDue,
  KEY_SET_CACHED_SECONDS,
  KEY_SET_MAX_AGE_SECONDS,
  type KeyTimes,
  later,
  nextStepOf,
  phasesOf,
  stateAt,
} from './life-cycle.ts'

const start = new Date('2026-09-01T00:00:00Z')
const at = (seconds: number) => later(start, seconds)
const times: KeyTimes = {
  announcedAt: start,
  activeFrom: at(100),
  retiringFrom: at(200),
  retiredFrom: at(300),
}

test('a key is announced for longer than a relying party and a cache in front of it may keep the key set', () => {
  expect(ANNOUNCED_SECONDS).toBeGreaterThan(KEY_SET_CACHED_SECONDS + KEY_SET_MAX_AGE_SECONDS + 60)
})

test.each([
  [0, 'announced', 100],
  [99, 'announced', 100],
  [100, 'active', 200],
  [199, 'active', 200],
  [200, 'retiring', 300],
  [299, 'retiring', 300],
  [300, 'retired', null],
])('after %i seconds it is %s', (seconds, state, next) => {
  expect(stateAt(times, at(seconds))).toBe(state)
  expect(nextStepOf(times, at(seconds))?.at ?? null).toEqual(next === null ? null : at(next))
})

test('nothing happens to a key by itself that nothing follows', () => {
  expect(nextStepOf({ ...times, retiringFrom: null, retiredFrom: null }, at(100))).toBeNull()
})

describe('the next key is due', () => {
  const DAY = 24 * 60 * 60
  const newest = { ...times, activeFrom: start, retiringFrom: null, retiredFrom: null }
  const lead = 90 * DAY - ANNOUNCED_SECONDS

  test.each([
    ['not before its time', newest, lead - 1, 90, false],
    ['early enough to begin in time', newest, lead, 90, true],
    ['late rather than never', newest, 1_000 * DAY, 90, true],
    ['never, where an operator says when', newest, 1_000 * DAY, 0, false],
    ['not where it is announced already', { ...newest, retiringFrom: at(100 * DAY) }, lead, 90, false],
    ['not while the present one has yet to begin', { ...newest, activeFrom: at(100 * DAY) }, 99 * DAY, 90, false],
  ])('%s', (_when, key, seconds, days, isDue) => {
    expect(isSuccessorDue(key, at(seconds), days)).toBe(isDue)
  })

  test('never for one that was announced just now, however often keys change', () => {
    expect(isSuccessorDue(announcedFrom(start), start, 1)).toBe(false)
  })
})

describe('phases', () => {
  const line = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 6 }).map((gaps) => {
    const begins = gaps.map((_, index) => gaps.slice(0, index).reduce((sum, gap) => sum + gap, 0))
    return begins.map((begin, index) => {
      const end = begins[index + 1]
      const retiringFrom = end === undefined ? null : at(end)
      const retiredFrom = retiringFrom && later(retiringFrom, 500)
      return { announcedAt: at(begin - 50), activeFrom: at(begin), retiringFrom, retiredFrom }
    })
  })

  test('say of every moment who is in use and who is known', () => {
    fc.assert(
      fc.property(line, fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 3_000 }), (keys, now, wait) => {
        const phases = phasesOf(keys, at(now))
        const present = phases.findLast(({ from }) => from <= at(now + wait)) ?? phases[0]
        const [first, ...others] = present.keys
        expect(first && stateAt(first, at(now + wait))).toBe('active')
        expect(others.every((key) => stateAt(key, at(now + wait)) !== 'active')).toBe(true)
        for (const key of keys.filter((one) => stateAt(one, at(now + wait)) !== 'retired')) {
          expect(present.keys).toContain(key)
        }
        const ahead = keys.filter(({ activeFrom }) => activeFrom > at(now))
        expect(phases).toHaveLength(ahead.length + 1)
      }),
    )
  })

  test('put a key that has yet to begin in front, where it is alone', () => {
    const alone = { ...times, activeFrom: at(5), retiringFrom: null, retiredFrom: null }
    const [present, next] = phasesOf([alone], start)
    expect(present.keys).toEqual([alone])
    expect(next?.from).toEqual(at(5))
  })
})
