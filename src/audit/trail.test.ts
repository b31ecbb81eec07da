import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pino } from 'pino'
import { type Fault, memoryAuditLog } from '../../test/support/memory-audit-log.ts'
import { until } from '../../test/support/until.ts'
import { silentMetrics } from '../metrics/metrics.ts'
import { createAuditTrail, verifyTrail } from './audit.ts'

function open() {
  const log = memoryAuditLog()
  const random = { uuid: () => randomUUID(), token: () => '' }
  const trail = createAuditTrail({
    log,
    clock: () => new Date(),
    random,
    logger: pino({ level: 'silent' }),
    metrics: silentMetrics,
  })
  return { log, trail, names: () => log.rows.map(({ event }) => event) }
}

const event = (name: string) => ({ event: name, result: 'success' as const })

describe('a record', () => {
  test('resolves when its row stands in the log', async () => {
    const { trail, names } = open()
    await trail.record(event('sign-in.completed'))
    expect(names()).toEqual(['sign-in.completed'])
  })

  test('shares one statement with what happens at the same moment, up to 500 rows', async () => {
    const { log, trail } = open()
    await Promise.all(Array.from({ length: 1_200 }, (_, index) => trail.record(event(`e.${index}`))))
    expect(log.appends).toEqual([500, 500, 200])
    expect(log.rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 1_200 }, (_, index) => index + 1))
  })

  test('rejects when its row could not be written, and the chain goes on unbroken', async () => {
    const { log, trail, names } = open()
    await trail.record(event('first'))
    log.faults = ['refused']
    await expect(trail.record(event('lost'))).rejects.toThrow('refused')
    await trail.record(event('second'))
    expect(names()).toEqual(['first', 'second'])
    expect(await verifyTrail(log)).toEqual({ ok: true, rows: 2 })
  })

  test('whose reply was lost is looked up: it resolves, and stands there once', async () => {
    const { log, trail, names } = open()
    log.faults = ['lost-reply']
    await trail.record(event('sign-in.completed'))
    await trail.record(event('next'))
    expect(names()).toEqual(['sign-in.completed', 'next'])
    expect(await verifyTrail(log)).toEqual({ ok: true, rows: 2 })
  })

  test('that arrives after its caller was refused is contradicted by a row of its own', async () => {
    const { log, trail, names } = open()
    log.faults = ['late']
    await expect(trail.record({ ...event('sign-in.completed'), request: 'r-1' })).rejects.toThrow('no answer')
    log.deliver()
    await trail.record(event('next'))
    await trail.flush()
    expect(names()).toEqual(['sign-in.completed', 'next', 'audit.late'])
    expect(log.rows[2]).toMatchObject({ request: 'r-1', details: { event: 'sign-in.completed' } })
    expect(await verifyTrail(log)).toEqual({ ok: true, rows: 3 })
  })

  test('whose place was taken before it arrived never stands there', async () => {
    const { log, trail, names } = open()
    log.faults = ['late']
    await expect(trail.record(event('lost'))).rejects.toThrow('no answer')
    await trail.record(event('next'))
    log.deliver()
    await trail.record(event('last'))
    expect(names()).toEqual(['next', 'last'])
  })

  test('does not wait for a log that is down', async () => {
    const { log, trail } = open()
    await trail.record(event('before'))
    log.isDown = true
    for (let tries = 0; tries < 30; tries += 1) await expect(trail.record(event('e'))).rejects.toThrow('no answer')
    log.isDown = false
    await trail.record(event('back'))
    expect(await verifyTrail(log)).toEqual({ ok: true, rows: 2 })
    // What failed is not remembered for ever: another chain needs no memory.
    expect(await log.writers()).toHaveLength(2)
  })
})

describe('a note', () => {
  test('is written soon, without anybody waiting', async () => {
    const { trail, names } = open()
    trail.note(event('page.seen'))
    await until('the note is written', () => names().length === 1)
  })

  test('is tried again after a failure, and stands there once', async () => {
    const { log, trail, names } = open()
    log.faults = ['cut-off']
    trail.note(event('page.seen'))
    await trail.flush()
    expect(names()).toEqual([])
    log.isDown = false
    log.deliver()
    await until('the note is tried again', async () => (await verifyTrail(log)).ok && names().length > 0)
    await trail.flush()
    expect(names()).toEqual(['page.seen'])
  })

  test('that arrived late is not written again by the batch that found it there', async () => {
    const { log, trail, names } = open()
    trail.note(event('late'))
    log.faults = ['late', 'refused']
    await trail.flush()
    trail.note(event('fresh'))
    log.faults = ['refused', 'refused']
    await trail.flush()
    log.deliver()
    // Both are tried together, the place is taken, and then the rest of the batch fails.
    log.faults = ['none', 'refused']
    await trail.flush()
    await trail.flush()
    expect(names()).toEqual(['late', 'fresh'])
  })

  test('that the log will never take is given up, counted, and harms nobody meanwhile', async () => {
    const { log, trail, names } = open()
    log.faults = ['refused', 'refused']
    trail.note(event('poison'))
    await trail.flush()
    log.faults = []
    await trail.record(event('sign-in.completed'))
    expect(names()[0]).toBe('sign-in.completed')
    await trail.flush()
    expect(names()).toContain('poison')

    const other = open()
    other.trail.note(event('poison'))
    for (let tries = 0; tries < 10; tries += 1) {
      other.log.faults = ['refused', 'refused']
      await other.trail.flush()
    }
    other.log.faults = []
    await other.trail.flush()
    expect(other.names()).toEqual(['audit.dropped'])
    expect(other.log.rows[0]).toMatchObject({ result: 'error', details: { rows: 1 } })
  })
})

describe('on the way out', () => {
  test('what waits is written, and nothing more is taken', async () => {
    const { trail, names } = open()
    trail.note(event('last'))
    await trail.close()
    expect(names()).toEqual(['last'])
    await expect(trail.record(event('too late'))).rejects.toThrow('closed')
    trail.note(event('too late'))
    await trail.close()
    expect(names()).toEqual(['last'])
  })

  test('a log that is down does not hold it up', async () => {
    const { log, trail } = open()
    log.isDown = true
    trail.note(event('lost'))
    await trail.close()
    expect(log.rows).toEqual([])
  })
})

test('a row that is not ours in our place: another chain is begun, and nothing is lost', async () => {
  const { log, trail, names } = open()
  await trail.record(event('first'))
  const [first] = log.rows
  if (first === undefined) throw new Error('nothing was written')
  log.rows.push({ ...first, sequence: 2, event: 'forged' })
  await trail.record(event('second'))
  expect(names()).toEqual(['first', 'forged', 'second'])
  expect(await log.writers()).toHaveLength(2)
  expect(await verifyTrail(log)).toMatchObject({ ok: false, writer: first.writer, sequence: 2 })
})

/** Whatever the network does, in whatever order. */
type Step = { do: 'record' | 'note' | 'flush' | 'deliver' | 'repair'; faults: Fault[] }

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('record', 'note', 'flush', 'deliver', 'repair'),
  faults: fc.array(fc.constantFrom<Fault>('none', 'refused', 'lost-reply', 'late', 'cut-off'), { maxLength: 2 }),
})

test('whatever happens to appends: every promise is kept, nothing stands twice, and the chain verifies', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { log, trail } = open()
      const [kept, refused, noted]: string[][] = [[], [], []]
      for (const [index, { do: act, faults }] of steps.entries()) {
        const name = `${act}.${index}`
        log.faults = [...faults]
        if (act === 'deliver') log.deliver()
        if (act === 'flush') await trail.flush()
        if (act === 'repair') log.isDown = false
        if (act === 'note') {
          trail.note(event(name))
          noted?.push(name)
        }
        if (act === 'record') {
          await trail.record({ ...event(name), request: name }).then(
            () => kept?.push(name),
            () => refused?.push(name),
          )
        }
      }
      log.isDown = false
      log.faults = []
      log.deliver()
      await trail.flush()
      // What arrived late is found out when the next row wants its place.
      await trail.record(event('end'))
      await trail.flush()
      log.deliver()

      const count = (name: string) => log.rows.filter((row) => row.event === name).length
      expect(kept?.map(count)).toEqual(kept?.map(() => 1))
      expect(noted?.map(count)).toEqual(noted?.map(() => 1))
      for (const name of refused ?? []) {
        const corrections = log.rows.filter((row) => row.event === 'audit.late' && row.request === name).length
        expect(count(name)).toBe(corrections)
        expect(corrections).toBeLessThanOrEqual(1)
      }
      expect(await verifyTrail(log)).toEqual({ ok: true, rows: log.rows.length })
      await trail.close()
    }),
    { numRuns: 1_000 },
  )
}, 30_000)
