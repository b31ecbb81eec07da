import { describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { freshDatabase, freshRedis } from './fresh-stores.ts'
import { startRedis } from './redis-server.ts'

async function ask<Row>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('a fresh database', () => {
  test('is empty, and nobody else sees what is put there', async () => {
    const [one, other] = await Promise.all([freshDatabase(), freshDatabase()])
    await ask(one.url, 'CREATE TABLE mine ()')
    const tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    expect(await ask(one.url, tables)).toEqual([{ tablename: 'mine' }])
    expect(await ask(other.url, tables)).toEqual([])
    await Promise.all([one.drop(), other.drop()])
  })

  test('has the whole schema where that is asked for, and is copied from one template', async () => {
    const databases = await Promise.all(Array.from({ length: 4 }, () => freshDatabase({ migrated: true })))
    for (const { url } of databases)
      expect(await ask(url, 'SELECT count(*)::int AS people FROM people')).toEqual([{ people: 0 }])
    const [first] = databases
    const templates = "SELECT count(*)::int AS made FROM pg_database WHERE datname LIKE 'campus_template_%'"
    expect(await ask(first?.url ?? '', templates)).toEqual([{ made: 1 }])
    await Promise.all(databases.map((database) => database.drop()))
  })

  test('is gone once dropped, also under the feet of a client', async () => {
    const database = await freshDatabase()
    const client = new Client({ connectionString: database.url })
    await client.connect()
    const cutOff = new Promise((resolve) => client.on('error', resolve))
    await database.drop()
    await cutOff
    await expect(ask(database.url, 'SELECT 1')).rejects.toThrow('does not exist')
  })
})

describe('a fresh Redis', () => {
  const roundTrip = async (url: string) => {
    const redis = new Redis(url)
    const before = await redis.dbsize()
    await redis.set('key', 'value')
    redis.disconnect()
    return before
  }

  test('is empty, and nobody else sees what is put there', async () => {
    const [one, other] = await Promise.all([freshRedis(), freshRedis()])
    expect([await roundTrip(one.url), await roundTrip(other.url)]).toEqual([0, 0])
    await Promise.all([one.close(), other.close()])
  })

  test('is a database of TEST_REDIS_URL where that is given, emptied each time', async () => {
    const shared = await startRedis()
    const before = process.env['TEST_REDIS_URL']
    process.env['TEST_REDIS_URL'] = shared.url
    try {
      const first = await freshRedis()
      const second = await freshRedis()
      expect([first.url, second.url]).toEqual([`${shared.url}/1`, `${shared.url}/2`])
      expect(await roundTrip(first.url)).toBe(0)
      await first.close()
      const again = await freshRedis()
      expect(again.url).toBe(first.url)
      expect(await roundTrip(again.url)).toBe(0)
      await Promise.all([again.close(), second.close()])
    } finally {
      if (before === undefined) delete process.env['TEST_REDIS_URL']
      else process.env['TEST_REDIS_URL'] = before
      await shared.stop()
    }
  })
})
