import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Database, Queryable } from '../../adapters/postgres/database.ts'

const WRITE = { name: 'test.write', text: 'INSERT INTO test_words (word) VALUES ($1)' }
const READ = { name: 'test.read', text: 'SELECT word FROM test_words ORDER BY word' }
const FAIL = { name: 'test.fail', text: 'SELECT 1 / $1::integer' }

export function transactionsContract(database: () => Database) {
  describe('transactions', () => {
    const words = async () => (await database().query<{ word: string }>(READ)).map(({ word }) => word)

    beforeAll(async () => {
      await database().longTransaction((transaction) =>
        transaction.script('CREATE TABLE test_words (word text PRIMARY KEY)'),
      )
    })

    test('keep all of what was done, or nothing of it', async () => {
      await database().transaction(async (transaction) => {
        await transaction.query(WRITE, ['kept'])
        await transaction.query(WRITE, ['kept too'])
      })
      const failing = database().transaction(async (transaction) => {
        await transaction.query(WRITE, ['lost'])
        throw new Error('changed its mind')
      })
      await expect(failing).rejects.toThrow('changed its mind')
      expect(await words()).toEqual(['kept', 'kept too'])
    })

    test('answer what their work answers', async () => {
      expect(await database().transaction(async () => 42)).toBe(42)
    })

    test('do not forgive a statement that failed, even if their work does', async () => {
      const forgiving = database().transaction(async (transaction) => {
        await transaction.query(WRITE, ['forgiven'])
        await transaction.query(FAIL, [0]).catch(() => undefined)
      })
      await expect(forgiving).rejects.toThrow()
      expect(await words()).not.toContain('forgiven')
    })

    test('run what is asked for at once in the order of asking', async () => {
      const order = await database().transaction(async (transaction) => {
        const asked = ['one', 'two', 'three', 'four'].map((word) => transaction.query(WRITE, [`order: ${word}`]))
        await Promise.all(asked)
        return transaction.query<{ word: string }>({
          name: 'test.order',
          text: `SELECT word FROM test_words WHERE word LIKE 'order:%' ORDER BY ctid`,
        })
      })
      expect(order.map(({ word }) => word)).toEqual(['order: one', 'order: two', 'order: three', 'order: four'])
    })

    test('are over when their work is', async () => {
      let kept: Queryable | null = null
      await database().transaction(async (transaction) => {
        kept = transaction
      })
      await expect((kept as Queryable | null)?.query(WRITE, ['too late'])).rejects.toThrow()
      expect(await words()).not.toContain('too late')
    })

    test('do not catch what others ask meanwhile', async () => {
      let outside: Promise<unknown> = Promise.resolve()
      const failing = database().transaction(async (transaction) => {
        await transaction.query(WRITE, ['inside'])
        outside = database().query(WRITE, ['outside'])
        await transaction.query(FAIL, [0])
      })
      await expect(failing).rejects.toThrow()
      await outside
      expect(await words()).toContain('outside')
      expect(await words()).not.toContain('inside')
    })
  })
}
