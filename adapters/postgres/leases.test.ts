import { expect, test } from '@jest/globals'
import { freePort } from '../../test/support/free-port.ts'
import { createLeases } from './leases.ts'
import { openPool } from './pool.ts'

test('where PostgreSQL is away nobody holds a lease', async () => {
  const url = `postgres://nobody@127.0.0.1:${await freePort()}/nothing`
  const database = openPool({ url, log: { warn: () => undefined } })
  const leases = createLeases(database, { holder: 'one' })
  await expect(leases.hold('rotation', 30)).rejects.toMatchObject({ unavailable: 'postgres' })
  await expect(leases.release('rotation')).rejects.toMatchObject({ unavailable: 'postgres' })
  await database.close()
})
