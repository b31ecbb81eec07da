/** Whatever changes a table that processes keep in memory is counted, and is counted when it can be read. */
import { describe, expect, test } from '@jest/globals'
import { createChangeStore } from '../../adapters/postgres/changes.ts'
import { createClientStore } from '../../adapters/postgres/clients.ts'
import { createKeyStore } from '../../adapters/postgres/keys.ts'
import type { Topic } from '../../src/changes/changes.ts'
import { sampleKey } from '../support/sample-key.ts'
import type { TestDatabase } from './databases.ts'
import { clientRecord } from './samples.ts'

export function changesContract(opened: () => TestDatabase) {
  describe('changes', () => {
    const versions = () => createChangeStore(opened().database).versions()
    const version = async (topic: Topic) => BigInt((await versions()).get(topic) ?? '0')
    const act = (text: string) => opened().database.query({ name: `test.${text.slice(0, 40)}`, text })

    /** Answers by how much the topic went up: one statement may count more than once. */
    async function counted(topic: Topic, work: () => Promise<unknown>): Promise<number> {
      const before = await version(topic)
      await work()
      return Number((await version(topic)) - before)
    }

    test('of clients are counted, of whatever kind they are', async () => {
      const clients = createClientStore(opened().database)
      expect(await counted('clients', () => clients.put(clientRecord('counted')))).toBeGreaterThanOrEqual(1)
      expect(await counted('clients', () => clients.put(clientRecord('counted')))).toBeGreaterThanOrEqual(1)
      expect(await counted('clients', () => clients.disable('counted', new Date()))).toBeGreaterThanOrEqual(1)
      expect(await counted('clients', () => act(`DELETE FROM clients WHERE id = 'counted'`))).toBeGreaterThanOrEqual(1)
      expect(await counted('clients', () => clients.list())).toBe(0)
    })

    test('of keys are counted, of whatever kind they are, and no others with them', async () => {
      const keys = createKeyStore(opened().database)
      const clients = await version('clients')
      for (const { id } of await keys.list()) await keys.remove(id)
      const next = sampleKey('next', 'ES256', { activeFrom: new Date('2026-02-01') })
      const sealed = { sealed: new Uint8Array([1]), sealedBy: 'k2' }
      const acts = [
        () => keys.addFirst([sampleKey('first', 'ES256')]),
        () => keys.follow('first', next, new Date('2026-03-01')),
        () => keys.reseal('first', 'k1', sealed),
        () => keys.remove('first'),
      ]
      for (const one of acts) expect(await counted('keys', one)).toBeGreaterThanOrEqual(1)
      expect(await version('clients')).toBe(clients)
    })

    test('of resource servers are counted', async () => {
      const add = () =>
        act(`INSERT INTO resource_servers (id, managed_by, metadata) VALUES ('https://c', 'file', '{}')`)
      expect(await counted('resource_servers', add)).toBeGreaterThanOrEqual(1)
      expect(await counted('resource_servers', () => act('DELETE FROM resource_servers'))).toBeGreaterThanOrEqual(1)
    })

    test('that are rolled back are not counted', async () => {
      const before = await version('clients')
      const failing = opened().database.transaction(async (transaction) => {
        await createClientStore(transaction).put(clientRecord('rolled-back'))
        const inside = (await createChangeStore(transaction).versions()).get('clients')
        expect(inside).not.toBe(String(before))
        throw new Error('changed its mind')
      })
      await expect(failing).rejects.toThrow('changed its mind')
      expect(await version('clients')).toBe(before)
    })

    test('of many at once are all counted', async () => {
      const [one, other] = [opened().database, opened().openAgain()].map(createClientStore)
      const put = (index: number) => (index % 2 === 0 ? one : other)?.put(clientRecord(`at-once-${index}`))
      const many = () => Promise.all(Array.from({ length: 20 }, (_, index) => put(index)))
      expect(await counted('clients', many)).toBeGreaterThanOrEqual(20)
    })
  })
}
