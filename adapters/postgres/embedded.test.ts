import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Database } from './database.ts'
import { openEmbedded } from './embedded.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'campus-pglite-'))
})
afterAll(() => rm(folder, { recursive: true }))

const count = async (database: Database) => {
  const [row] = await database.query<{ count: number }>({
    name: 'test.count',
    text: 'SELECT count(*)::integer AS count FROM words',
  })
  return row?.count
}

/** Writes without end, and says after each commit how many there are. */
const WRITER = `
  import { openEmbedded } from ${JSON.stringify(join(import.meta.dirname, 'embedded.ts'))}
  const database = await openEmbedded({ folder: process.argv[1] })
  await database.query({ name: 'make', text: 'CREATE TABLE IF NOT EXISTS words (word text)' })
  for (let written = 1; ; written++) {
    await database.query({ name: 'write', text: 'INSERT INTO words VALUES ($1)' }, ['word'])
    process.stdout.write(written + '\\n')
  }`

test('what was committed is there after the process was killed in the middle of its work', async () => {
  const writer = spawn(process.execPath, ['--input-type=module', '--eval', WRITER, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  })
  let committed = 0
  for await (const said of writer.stdout) {
    committed = Number(String(said).trim().split('\n').at(-1))
    if (committed > 100) break
  }
  writer.kill('SIGKILL')
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit')

  const database = await openEmbedded({ folder })
  expect(await count(database)).toBeGreaterThanOrEqual(committed)
  await database.close()
}, 60_000)

test('what is there is there after an orderly restart', async () => {
  const database = await openEmbedded({ folder })
  const before = await count(database)
  await database.close()
  const again = await openEmbedded({ folder })
  expect(await count(again)).toBe(before)
  await again.close()
}, 60_000)

test('a query past the transaction that waits for it is refused in time, and both end', async () => {
  const database = await openEmbedded({ folder, waitMillisecondsMax: 100 })
  const stuck = database.transaction(() => count(database))
  await expect(stuck).rejects.toMatchObject({ unavailable: 'postgres' })
  expect(await count(database)).toBeGreaterThan(0)
  await database.close()
}, 60_000)
