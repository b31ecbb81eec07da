/** The keys of the installation, on whichever database. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import { sampleKey } from '../support/sample-key.ts'
import { at, type LastingStores } from './samples.ts'

export function keysContract(stores: () => LastingStores) {
  describe('keys', () => {
    const ids = async () => (await stores().keys.list()).map(({ id }) => id)

    beforeEach(async () => {
      for (const id of await ids()) await stores().keys.remove(id)
    })

    test('of many first starts at once one makes those of each purpose, and no later one adds to them', async () => {
      const { keys } = stores()
      const starts = Array.from({ length: 20 }, (_, start) => start)
      await Promise.all(
        starts.map((start) => keys.addFirst([sampleKey(`es-${start}`, 'ES256'), sampleKey(`c-${start}`, 'cookies')])),
      )
      expect((await keys.list()).map(({ purpose }) => purpose)).toEqual(['ES256', 'cookies'])
      const before = await ids()
      await keys.addFirst([sampleKey('es-late', 'ES256'), sampleKey('rs', 'RS256')])
      expect((await ids()).toSorted()).toEqual([...before, 'rs'].toSorted())
    })

    test('come back as they were', async () => {
      const { keys } = stores()
      const both = [sampleKey('es', 'ES256'), sampleKey('c', 'cookies', { sealedBy: 'k2', activeFrom: at('02-01') })]
      await keys.addFirst(both)
      const listed = (await keys.list()).map((key) => ({ ...key, sealed: new Uint8Array(key.sealed) }))
      expect(listed).toEqual(both)
    })

    test('are followed by one key, from the moment at which it begins, and not where that is done', async () => {
      const { keys } = stores()
      await keys.addFirst([sampleKey('one', 'ES256'), sampleKey('other', 'RS256')])
      const next = (id: string) => sampleKey(id, 'ES256', { activeFrom: at('02-01') })
      expect(await keys.follow('one', next('two'), at('03-01'))).toBe(true)
      expect(await keys.follow('one', next('three'), at('03-01'))).toBe(false)
      expect(await keys.follow('gone', next('three'), at('03-01'))).toBe(false)
      const listed = (await keys.list()).filter(({ purpose }) => purpose === 'ES256')
      expect(listed.map(({ id, retiringFrom, retiredFrom }) => ({ id, retiringFrom, retiredFrom }))).toEqual([
        { id: 'one', retiringFrom: at('02-01'), retiredFrom: at('03-01') },
        { id: 'two', retiringFrom: null, retiredFrom: null },
      ])
    })

    test('never follow a key of another purpose', async () => {
      const { keys } = stores()
      await keys.addFirst([sampleKey('one', 'ES256')])
      expect(await keys.follow('one', sampleKey('two', 'RS256', { activeFrom: at('02-01') }), at('03-01'))).toBe(false)
      expect(await ids()).toEqual(['one'])
    })

    test('of many that would follow at once one does', async () => {
      const { keys } = stores()
      await keys.addFirst([sampleKey('one', 'ES256')])
      const done = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          keys.follow('one', sampleKey(`next-${index}`, 'ES256', { activeFrom: at('02-01') }), at('03-01')),
        ),
      )
      expect(done.filter(Boolean)).toHaveLength(1)
      expect(await ids()).toHaveLength(2)
    })

    test('go once', async () => {
      const { keys } = stores()
      await keys.addFirst([sampleKey('one', 'ES256')])
      expect([await keys.remove('one'), await keys.remove('one')]).toEqual([true, false])
    })

    test('are sealed anew where they are sealed as was thought, and otherwise left alone', async () => {
      const { keys } = stores()
      await keys.addFirst([sampleKey('one', 'ES256')])
      const sealed = { sealed: new Uint8Array([1, 2]), sealedBy: 'k2' }
      expect(await keys.reseal('one', 'k1', sealed)).toBe(true)
      expect(await keys.reseal('one', 'k1', { sealed: new Uint8Array([3]), sealedBy: 'k3' })).toBe(false)
      expect(await keys.reseal('gone', 'k1', sealed)).toBe(false)
      const [key] = await keys.list()
      expect([key?.sealedBy, Array.from(key?.sealed ?? [])]).toEqual(['k2', [1, 2]])
    })
  })
}
