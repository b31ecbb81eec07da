/** What every store of what expires must do, and does it whoever else calls at the same moment. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { ExpiringStore } from '../../src/expiring/expiring.ts'
import { countsContract } from './expiring-counts.contract.ts'
import { listsContract } from './expiring-lists.contract.ts'
import { CALLERS, callers, type ExpiringSubject, freshKeys, MINUTE } from './expiring-subject.ts'

/** `subject` is asked for when the tests run: whoever calls this opens and closes it. */
export function expiringContract(subject: () => ExpiringSubject) {
  describe('what expires', () => {
    let store: ExpiringStore
    const fresh = freshKeys('test:contract')

    beforeAll(() => {
      store = subject().store
    })

    test('answers a ping', () => expect(store.ping()).resolves.toBeUndefined())

    describe('put and read', () => {
      test('nothing stands where nothing was put', async () => {
        expect(await store.read(fresh())).toBeNull()
      })

      test.each([
        ['an empty value', ''],
        ['Chinese, emoji and quotes', '{"name":"阿依古丽·买买提 🎓 \\"\'\\\\"}'],
        ['a long value', '长'.repeat(100_000)],
      ])('%s comes back as it was put', async (_what, value) => {
        const key = fresh()
        await store.put(key, value, MINUTE)
        expect(await store.read(key)).toBe(value)
      })

      test('a later put replaces value and expiry', async () => {
        const key = fresh()
        await store.put(key, 'first', MINUTE)
        await store.put(key, 'second', { seconds: 600 })
        expect(await store.read(key)).toBe('second')
        expect(await subject().secondsLeft(key)).toBeGreaterThan(500)
      })

      test('keys with braces and colons stay apart', async () => {
        const key = fresh()
        const others = [`${key}}`, `{${key}`, `${key}:{a}`, `${key}:{b}`]
        await Promise.all(others.map((other) => store.put(other, other, MINUTE)))
        for (const other of others) expect(await store.read(other)).toBe(other)
        expect(await store.read(key)).toBeNull()
      })

      test('the keys of a group are read together, in the order in which they are asked for', async () => {
        const group = fresh()
        const [one, other, missing] = [`${group}/a:{1}`, `${group}/b}`, `${group}/c`]
        await Promise.all([group, one, other].map((key) => store.put(key, `at ${key}`, MINUTE)))
        expect(await store.readAll([other, missing, group, one])).toEqual([
          `at ${other}`,
          null,
          `at ${group}`,
          `at ${one}`,
        ])
        expect(await store.read(one)).toBe(`at ${one}`)
        await store.put(group, 'longer', { seconds: 600 })
        await subject().age(one)
        expect(await store.readAll([one, group])).toEqual([null, 'longer'])
      })

      test('what was removed is gone, and removing it again is fine', async () => {
        const key = fresh()
        await store.put(key, 'value', MINUTE)
        await store.remove(key)
        await store.remove(key)
        expect(await store.read(key)).toBeNull()
      })
    })

    describe('what has expired', () => {
      test('is neither read nor taken nor swapped', async () => {
        const key = fresh()
        for (const look of [
          () => store.read(key),
          () => store.take(key),
          async () => {
            const swap = await store.swap(key, 'value', 'other', MINUTE)
            return swap.swapped ? 'swapped' : swap.current
          },
        ]) {
          await store.put(key, 'value', MINUTE)
          await subject().age(key)
          expect(await look()).toBeNull()
        }
        expect(await store.read(key)).toBeNull()
      })

      test('does not stand in the way of a reservation', async () => {
        const key = fresh()
        await store.put(key, 'old', MINUTE)
        await subject().age(key)
        expect(await store.reserve(key, 'new', MINUTE)).toBe('new')
      })

      test('does not count any more', async () => {
        const key = fresh()
        await store.count(key, MINUTE)
        await store.count(key, MINUTE)
        await subject().age(key)
        expect(await store.count(key, MINUTE)).toEqual({ count: 1, secondsLeft: 60 })
      })
    })

    describe('reserve', () => {
      test('wins where nothing stands, and otherwise answers what does', async () => {
        const key = fresh()
        expect(await store.reserve(key, 'mine', MINUTE)).toBe('mine')
        expect(await store.reserve(key, 'yours', { seconds: 600 })).toBe('mine')
        expect(await store.read(key)).toBe('mine')
        expect(await subject().secondsLeft(key)).toBeLessThanOrEqual(60)
      })

      test(`of ${CALLERS} at once one wins, and all see that one`, async () => {
        const key = fresh()
        const standing = await callers((caller) => store.reserve(key, `of ${caller}`, MINUTE))
        expect(new Set(standing).size).toBe(1)
        expect(await store.read(key)).toBe(standing[0])
      })

      test(`of ${CALLERS} at once over something expired one wins`, async () => {
        const key = fresh()
        await store.put(key, 'old', MINUTE)
        await subject().age(key)
        const standing = await callers((caller) => store.reserve(key, `of ${caller}`, MINUTE))
        expect(new Set(standing).size).toBe(1)
        expect(standing[0]).not.toBe('old')
      })
    })

    describe('swap', () => {
      test('replaces what still stands', async () => {
        const key = fresh()
        await store.put(key, 'a', MINUTE)
        expect(await store.swap(key, 'a', 'b')).toEqual({ swapped: true })
        expect(await store.read(key)).toBe('b')
      })

      test('loses against anything else, and says what stands', async () => {
        const key = fresh()
        expect(await store.swap(key, 'a', 'b')).toEqual({ swapped: false, current: null })
        await store.put(key, 'z', MINUTE)
        expect(await store.swap(key, 'a', 'b', { seconds: 600 })).toEqual({ swapped: false, current: 'z' })
        expect(await store.read(key)).toBe('z')
        expect(await subject().secondsLeft(key)).toBeLessThanOrEqual(60)
      })

      test('keeps the expiry that it finds, unless it is given one', async () => {
        const key = fresh()
        await store.put(key, 'a', MINUTE)
        await store.swap(key, 'a', 'b')
        expect(await subject().secondsLeft(key)).toBeLessThanOrEqual(60)
        expect(await subject().secondsLeft(key)).toBeGreaterThan(30)
        await store.swap(key, 'b', 'c', { seconds: 600 })
        expect(await subject().secondsLeft(key)).toBeGreaterThan(500)
      })

      test(`of ${CALLERS} at once one wins, and the others learn the winner's value`, async () => {
        const key = fresh()
        await store.put(key, 'start', MINUTE)
        const swaps = await callers((caller) => store.swap(key, 'start', `of ${caller}`))
        const winner = swaps.findIndex(({ swapped }) => swapped)
        expect(await store.read(key)).toBe(`of ${winner}`)
        swaps.splice(winner, 1)
        expect(swaps).toEqual(Array(CALLERS - 1).fill({ swapped: false, current: `of ${winner}` }))
      })

      test('repeated by each of many until it wins, loses nobody', async () => {
        const key = fresh()
        await store.put(key, '0', MINUTE)
        const repeat = async () => {
          let seen = '0'
          for (;;) {
            const swap = await store.swap(key, seen, String(Number(seen) + 1))
            if (swap.swapped) return
            if (swap.current === null) throw new Error('what stood there is lost')
            seen = swap.current
          }
        }
        await Promise.all(Array.from({ length: 10 }, repeat))
        expect(await store.read(key)).toBe('10')
      })
    })

    describe('take', () => {
      test('answers once', async () => {
        const key = fresh()
        await store.put(key, 'once', MINUTE)
        expect(await store.take(key)).toBe('once')
        expect(await store.take(key)).toBeNull()
      })

      test(`of ${CALLERS} at once one gets the value`, async () => {
        const key = fresh()
        await store.put(key, 'once', MINUTE)
        const taken = await callers(() => store.take(key))
        expect(taken.filter((value) => value !== null)).toEqual(['once'])
      })

      test('agrees with a swap that races it', async () => {
        await callers(async () => {
          const key = fresh()
          await store.put(key, 'a', MINUTE)
          const [swap, taken] = await Promise.all([store.swap(key, 'a', 'b'), store.take(key)])
          expect(taken).toBe(swap.swapped ? 'b' : 'a')
          expect(await store.read(key)).toBeNull()
        })
      })
    })

    test.each([0, -1, 1.5])('a life of %d seconds is refused', async (seconds) => {
      const key = fresh()
      await expect(store.put(key, 'value', { seconds })).rejects.toThrow()
      await expect(store.reserve(key, 'value', { seconds })).rejects.toThrow()
      await expect(store.count(key, { seconds })).rejects.toThrow()
      await expect(store.countAll([{ key, seconds }])).rejects.toThrow()
      await store.put(key, 'value', MINUTE)
      await expect(store.swap(key, 'value', 'other', { seconds })).rejects.toThrow()
      expect(await store.read(key)).toBe('value')
    })

    countsContract(subject)
    listsContract(subject)
  })
}
