/** What leases must do, on whichever database. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { createLeases } from '../../adapters/postgres/leases.ts'
import type { TestDatabase } from './databases.ts'
import { PARALLEL, parallel } from './samples.ts'

export function leasesContract(opened: () => TestDatabase) {
  const processOf = (holder: string) => createLeases(opened().database, { holder })
  const secondsLeft = async (name: string) => {
    const text = 'SELECT extract(epoch FROM expires_at - now())::float8 AS left FROM leases WHERE name = $1'
    const [row] = await opened().database.query<{ left: number }>({ name: 'test.lease-left', text }, [name])
    return row?.left ?? null
  }
  /** As if its seconds had passed by the database's clock. */
  const end = async (name: string) => {
    const text = `UPDATE leases SET expires_at = now() - interval '1 millisecond' WHERE name = $1`
    await opened().database.query({ name: 'test.lease-end', text }, [name])
  }
  const holdersAmong = async (name: string) => {
    const answers = await parallel((taker) => processOf(`taker ${taker}`).hold(name, 60))
    return answers.filter(Boolean).length
  }

  describe('leases:', () => {
    test(`of ${PARALLEL} takers at once exactly one holds it, and again when it has ended`, async () => {
      const name = randomUUID()
      expect(await holdersAmong(name)).toBe(1)
      expect(await holdersAmong(name)).toBe(1)
      await processOf('someone else').release(name)
      await end(name)
      expect(await holdersAmong(name)).toBe(1)
    })

    test('its holder extends it, and nobody else takes it before its end', async () => {
      const name = randomUUID()
      expect(await processOf('one').hold(name, 30)).toBe(true)
      expect(await processOf('two').hold(name, 900)).toBe(false)
      expect(await secondsLeft(name)).toBeLessThanOrEqual(30)
      expect(await processOf('one').hold(name, 600)).toBe(true)
      expect(await secondsLeft(name)).toBeGreaterThan(500)
    })

    test('after its end by the clock of the database somebody else takes it, and the first has lost it', async () => {
      const name = randomUUID()
      expect(await processOf('one').hold(name, 30)).toBe(true)
      await end(name)
      expect(await processOf('two').hold(name, 30)).toBe(true)
      expect(await processOf('one').hold(name, 30)).toBe(false)
    })

    test('its holder gives it back, and nobody else can', async () => {
      const name = randomUUID()
      await processOf('one').hold(name, 30)
      await processOf('two').release(name)
      expect(await processOf('two').hold(name, 30)).toBe(false)
      await processOf('one').release(name)
      expect(await secondsLeft(name)).toBeNull()
      expect(await processOf('two').hold(name, 30)).toBe(true)
    })

    test('one does not stand for another', async () => {
      const [name, other] = [randomUUID(), randomUUID()]
      expect(await processOf('one').hold(name, 30)).toBe(true)
      expect(await processOf('two').hold(other, 30)).toBe(true)
    })

    test('what a transaction took goes with it', async () => {
      const name = randomUUID()
      const failing = opened().database.transaction(async (inside) => {
        expect(await createLeases(inside, { holder: 'one' }).hold(name, 30)).toBe(true)
        throw new Error('the work failed')
      })
      await expect(failing).rejects.toThrow('the work failed')
      expect(await processOf('two').hold(name, 30)).toBe(true)
    })
  })
}
