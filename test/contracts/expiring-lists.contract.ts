import { beforeAll, describe, expect, test } from '@jest/globals'
import type { ExpiringStore } from '../../src/expiring/expiring.ts'
import { CALLERS, callers, type ExpiringSubject, freshKeys, MINUTE } from './expiring-subject.ts'

/** How what expires is found again by the lists under which it was put. */
export function listsContract(subject: () => ExpiringSubject) {
  describe('lists', () => {
    const fresh = freshKeys('test:lists')
    let store: ExpiringStore

    beforeAll(() => {
      store = subject().store
    })

    const indexed = (...indexes: string[]) => ({ seconds: 60, indexes })

    test('a key is found again under each of its indexes, and under no other', async () => {
      const [key, one, other, third] = [fresh(), fresh(), fresh(), fresh()]
      await store.put(key, 'value', indexed(one, other))
      expect(await store.listed(one)).toEqual([key])
      expect(await store.listed(other)).toEqual([key])
      expect(await store.listed(third)).toEqual([])
    })

    test('reservations and swaps are listed too', async () => {
      const [reserved, swapped, index] = [fresh(), fresh(), fresh()]
      await store.reserve(reserved, 'value', indexed(index))
      await store.put(swapped, 'a', MINUTE)
      await store.swap(swapped, 'a', 'b', indexed(index))
      expect((await store.listed(index)).sort()).toEqual([reserved, swapped].sort())
    })

    test('what expires first comes first, and a limit cuts the end off', async () => {
      const [last, first, middle, index] = [fresh(), fresh(), fresh(), fresh()]
      await store.put(last, 'value', { seconds: 300, indexes: [index] })
      await store.put(first, 'value', { seconds: 100, indexes: [index] })
      await store.put(middle, 'value', { seconds: 200, indexes: [index] })
      expect(await store.listed(index)).toEqual([first, middle, last])
      expect(await store.listed(index, 2)).toEqual([first, middle])
    })

    test('what was taken, removed or has expired is not listed, nor hides what stands behind it', async () => {
      const index = fresh()
      const gone = Array.from({ length: 30 }, fresh)
      for (const key of gone) await store.put(key, 'value', indexed(index))
      const standing = [fresh(), fresh()]
      for (const key of standing) await store.put(key, 'value', { seconds: 3_600, indexes: [index] })
      const away = [store.take, store.remove, subject().age]
      await Promise.all(gone.map((key, at) => away[at % away.length]?.(key)))
      expect(await store.listed(index, 5)).toEqual(standing)
      expect(await store.listed(index, 5)).toEqual(standing)
    })

    test('a key that comes back is listed again', async () => {
      const [key, index] = [fresh(), fresh()]
      await store.put(key, 'value', indexed(index))
      await store.take(key)
      expect(await store.listed(index)).toEqual([])
      await store.put(key, 'value', indexed(index))
      expect(await store.listed(index)).toEqual([key])
    })

    test(`${CALLERS} keys put at once under one index are all listed`, async () => {
      const index = fresh()
      const put = await callers(async () => {
        const key = fresh()
        await store.put(key, 'value', indexed(index))
        return key
      })
      expect((await store.listed(index)).sort()).toEqual(put.sort())
    })
  })
}
