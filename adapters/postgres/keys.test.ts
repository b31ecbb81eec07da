import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { pino } from 'pino'
import { freshDatabase } from '../../test/support/fresh-stores.ts'
import { createKeyStore } from './keys.ts'
import { migrate } from './migrate.ts'
import { openPool } from './pool.ts'

const log = pino({ level: 'silent' })

test('the signing keys of the version before go on signing, sealed as they were', async () => {
  const { url, drop } = await freshDatabase()
  const database = openPool({ url, log })
  const folder = await mkdtemp(join(tmpdir(), 'campus-id-before-'))
  try {
    const before = (await readdir('migrations')).filter((file) => file < '0007')
    for (const file of before) await copyFile(join('migrations', file), join(folder, file))
    await migrate(database, { folder, log })
    const columns = 'kid, alg, state, public_jwk, sealed_private, sealed_by, created_at'
    const rows = `('es', 'ES256', 'active', '{"kid":"es"}', '\\x00ff', 'k1', '2026-09-01T00:00:00Z')`
    await database.query({ name: 'test.key', text: `INSERT INTO signing_keys (${columns}) VALUES ${rows}` })
    await migrate(database, { folder: 'migrations', log })
    const [key, ...others] = await createKeyStore(database).list()
    const since = new Date('2026-09-01T00:00:00Z')
    expect(others).toEqual([])
    expect(key).toMatchObject({ id: 'es', purpose: 'ES256', publicJwk: { kid: 'es' }, sealedBy: 'k1' })
    expect(key).toMatchObject({ announcedAt: since, activeFrom: since, retiringFrom: null, retiredFrom: null })
    expect(Array.from(key?.sealed ?? [])).toEqual([0, 255])
  } finally {
    await database.close()
    await drop()
    await rm(folder, { recursive: true })
  }
})
