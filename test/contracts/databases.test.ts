import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createPostgresExpiring } from '../../adapters/postgres/expiring.ts'
import { migrate } from '../../adapters/postgres/migrate.ts'
import { sweepNotBefore } from '../../adapters/postgres/not-before.ts'
import { storesOn } from '../../adapters/postgres/stores.ts'
import { changesContract } from './changes.contract.ts'
import { DATABASES, log, MIGRATIONS, type TestDatabase } from './databases.ts'
import { expiringContract } from './expiring.contract.ts'
import type { ExpiringSubject } from './expiring-subject.ts'
import { leasesContract } from './leases.contract.ts'
import { logoutDeliveriesContract } from './logout-deliveries.contract.ts'
import { migrationsContract } from './migrations.contract.ts'
import { storesContract } from './stores.contract.ts'
import { transactionsContract } from './transactions.contract.ts'

describe.each(DATABASES)('%s', (_name, openEmpty) => {
  let opened: TestDatabase

  beforeAll(async () => {
    opened = await openEmpty()
    await migrate(opened.database, { folder: MIGRATIONS, log })
  }, 60_000)
  afterAll(() => opened?.close())

  expiringContract(() => expiringSubject(opened))

  test('a sweep takes what has expired, a bounded number at a time, and nothing else', async () => {
    const { database } = opened
    const store = createPostgresExpiring(database)
    await store.sweep(1_000)
    for (let at = 0; at < 5; at++) await store.put(`sweep:${at}`, 'value', { seconds: 60, indexes: ['swept'] })
    const past = `SET expires_at = now() - interval '1 second' WHERE key >= 'sweep:0' AND key < 'sweep:3'`
    await database.query({ name: 'test.age-keys', text: `UPDATE expiring ${past}` })
    await database.query({ name: 'test.age-indexes', text: `UPDATE expiring_indexes ${past}` })
    expect(await store.sweep(2)).toBe(4)
    expect(await store.sweep(2)).toBe(2)
    expect(await store.sweep(2)).toBe(0)
    expect(await store.listed('swept')).toEqual(['sweep:3', 'sweep:4'])
  })

  test('a sweep of not_before takes what has ended, a bounded number at a time, and nothing else', async () => {
    const { database } = opened
    const { notBefore } = storesOn(database)
    const set = async (id: string, expiresAt: Date | null) => {
      const { sessionUid, ...nobody } = { sessionUid: id, personId: null, clientId: null }
      await notBefore.set('session', id, { at: new Date(1_000), reason: 'test', expiresAt })
      return async () => (await notBefore.standing({ ...nobody, sessionUid })).notBefore
    }
    const lasting = [await set('sweep:lasting', null), await set('sweep:tomorrow', new Date('2099-01-01'))]
    const ended = []
    for (let at = 0; at < 3; at++) ended.push(await set(`sweep:${at}`, new Date('2099-01-01')))
    const text = `UPDATE not_before SET expires_at = now() WHERE id >= 'sweep:0' AND id < 'sweep:3'`
    await database.query({ name: 'test.end-not-before', text })
    expect(await sweepNotBefore(database, 2)).toBe(2)
    expect(await sweepNotBefore(database, 2)).toBe(1)
    expect(await sweepNotBefore(database, 2)).toBe(0)
    expect(await Promise.all(ended.map((moment) => moment()))).toEqual([null, null, null])
    for (const moment of lasting) expect(await moment()).toEqual(new Date(1_000))
  })

  leasesContract(() => opened)
  logoutDeliveriesContract(() => opened)
  storesContract(() => storesOn(opened.database))
  changesContract(() => opened)
  transactionsContract(() => opened.database)
  migrationsContract(() => opened)
})

function expiringSubject({ database }: TestDatabase): ExpiringSubject {
  return {
    store: createPostgresExpiring(database),
    async age(key) {
      const text = `UPDATE expiring SET expires_at = now() - interval '1 millisecond' WHERE key = $1`
      await database.query({ name: 'test.age', text }, [key])
    },
    async secondsLeft(key) {
      const text = 'SELECT extract(epoch FROM expires_at - now())::float8 AS left FROM expiring WHERE key = $1'
      const [row] = await database.query<{ left: number }>({ name: 'test.left', text }, [key])
      return row?.left ?? -1
    },
  }
}
