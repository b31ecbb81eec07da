import { beforeAll, describe, expect, test } from '@jest/globals'
import type { ExpiringStore } from '../../src/expiring/expiring.ts'
import { CALLERS, callers, type ExpiringSubject, freshKeys, MINUTE } from './expiring-subject.ts'

/** How counters count, alone and several at once. */
export function countsContract(subject: () => ExpiringSubject) {
  const fresh = freshKeys('test:counts')
  let store: ExpiringStore

  beforeAll(() => {
    store = subject().store
  })

  describe('count', () => {
    test('adds one, or as much as is said', async () => {
      const key = fresh()
      expect(await store.count(key, MINUTE)).toEqual({ count: 1, secondsLeft: 60 })
      expect((await store.count(key, MINUTE)).count).toBe(2)
      expect((await store.count(key, { seconds: 60, by: 40 })).count).toBe(42)
    })

    test('takes back what is counted by a negative number', async () => {
      const key = fresh()
      await store.count(key, { seconds: 60, by: 2 })
      expect((await store.count(key, { seconds: 60, by: -1 })).count).toBe(1)
    })

    test('the window starts with the first count and later ones do not extend it', async () => {
      const key = fresh()
      await store.count(key, MINUTE)
      const later = await store.count(key, { seconds: 600 })
      expect(later.secondsLeft).toBeLessThanOrEqual(60)
    })

    test(`${CALLERS} at once each get a number of their own`, async () => {
      const key = fresh()
      const counts = await callers(() => store.count(key, MINUTE))
      const numbers = counts.map(({ count }) => count).sort((one, other) => one - other)
      expect(numbers).toEqual(Array.from({ length: CALLERS }, (_, index) => index + 1))
    })
  })

  describe('count of several', () => {
    test('answers each in its place, with its own window and by its own number', async () => {
      const [first, second, third] = [fresh(), fresh(), fresh()]
      await store.count(second, { seconds: 60, by: 5 })
      const counters = [
        { key: third, seconds: 600 },
        { key: first, seconds: 60, by: 7 },
        { key: second, seconds: 600, by: -2 },
      ]
      const counts = await store.countAll(counters)
      expect(counts.map(({ count }) => count)).toEqual([1, 7, 3])
      expect(counts.map(({ secondsLeft }) => secondsLeft > 60)).toEqual([true, false, false])
      expect(await store.countAll([])).toEqual([])
    })

    test('begins anew where a window has ended', async () => {
      const [ended, open] = [fresh(), fresh()]
      const counters = [ended, open].map((key) => ({ key, seconds: 60 }))
      await store.count(ended, MINUTE)
      await subject().age(ended)
      await store.count(open, MINUTE)
      expect((await store.countAll(counters)).map(({ count }) => count)).toEqual([1, 2])
    })

    test(`${CALLERS} at once, in whatever order, each get numbers of their own`, async () => {
      const keys = [fresh(), fresh(), fresh()]
      const counted = await callers(async (caller) => {
        const turned = keys.map((_, index) => keys[(index + caller) % keys.length] ?? '')
        const counts = await store.countAll(turned.map((key) => ({ key, seconds: 60 })))
        return new Map(turned.map((key, index) => [key, counts[index]?.count]))
      })
      const all = Array.from({ length: CALLERS }, (_, index) => index + 1)
      for (const key of keys) expect(new Set(counted.map((counts) => counts.get(key)))).toEqual(new Set(all))
    })
  })

  describe('put within counts', () => {
    const limit = (most: number, by = 1) => ({ key: fresh(), seconds: 60, by, most })

    test('puts where no count is above its most, and answers each', async () => {
      const [key, limits] = [fresh(), [limit(2), limit(10, 10)]]
      const counts = await store.putWithin(key, 'first', MINUTE, limits)
      expect(counts.map(({ count }) => count)).toEqual([1, 10])
      expect(counts.every(({ secondsLeft }) => secondsLeft > 50 && secondsLeft <= 60)).toBe(true)
      expect(await store.read(key)).toBe('first')
      expect(await subject().secondsLeft(key)).toBeLessThanOrEqual(60)
    })

    test.each([0, 1])(
      'puts nothing where one count is above, whichever (%i), and counts all the same',
      async (which) => {
        const [key, limits] = [fresh(), [limit(which === 0 ? 1 : 5), limit(which === 1 ? 1 : 5)]]
        await store.putWithin(key, 'first', MINUTE, limits)
        const counts = await store.putWithin(key, 'second', MINUTE, limits)
        expect(counts.map(({ count }) => count)).toEqual([2, 2])
        expect(await store.read(key)).toBe('first')
      },
    )

    test(`of ${CALLERS} at once as many put as may`, async () => {
      const shared = limit(7)
      const keys = await callers(async () => {
        const key = fresh()
        await store.putWithin(key, 'mine', MINUTE, [shared])
        return key
      })
      const standing = await Promise.all(keys.map((key) => store.read(key)))
      expect(standing.filter((value) => value !== null)).toHaveLength(7)
    })
  })
}
