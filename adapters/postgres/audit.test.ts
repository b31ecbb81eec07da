import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pino } from 'pino'
import { type AuditEvent, type AuditLog, createAuditTrail, verifyChain, verifyTrail } from '../../src/audit/audit.ts'
import { chainStart, linkAll } from '../../src/audit/chain.ts'
import { cleanEvent } from '../../src/audit/clean-event.ts'
import { refusals } from '../../src/errors.ts'
import { silentMetrics } from '../../src/metrics/metrics.ts'
import { DATABASES, empty, MIGRATIONS, type TestDatabase } from '../../test/contracts/databases.ts'
import { createAuditLog } from './audit.ts'
import { migrate } from './migrate.ts'

const logger = pino({ level: 'silent' })
const at = new Date('2026-09-01T08:00:00.123Z')

const full: AuditEvent = {
  ...{ event: 'sign-in.refused', result: 'refused', reason: 'wrong_password', actor: 'person:1', subject: 'person:2' },
  ...{ client: 'demo-portal', address: '2001:db8::1', device: '设备', request: 'r-1' },
  details: { zeta: 'é😀"\\', a: 1.5, long_name: null, yes: true, tiny: 1e-7, huge: 1e21 },
}

function rowsOf(events: AuditEvent[], writer = randomUUID(), when = at) {
  return linkAll(
    chainStart(writer),
    events.map((event) => ({ event, at: when })),
  )
}

describe.each(DATABASES)('the audit log in %s', (_name, openEmpty) => {
  let opened: TestDatabase
  let log: AuditLog

  beforeAll(async () => {
    opened = await openEmpty()
    await migrate(opened.database, { folder: MIGRATIONS, log: logger })
    log = createAuditLog(opened.database)
  }, 60_000)
  afterAll(() => opened?.close())

  function openTrail() {
    const random = { uuid: () => randomUUID(), token: () => '' }
    return createAuditTrail({ log, clock: () => at, random, logger, metrics: silentMetrics })
  }

  test('gives rows back as they were sealed', async () => {
    const rows = rowsOf([full, { event: 'bare', result: 'success' }])
    await log.append(rows)
    const stored = await log.chain(rows[0]?.writer ?? '', 0, 10)
    expect(stored[0]).toMatchObject(full)
    expect(Object.keys(stored[1] ?? {}).sort()).toEqual(
      ['at', 'details', 'event', 'hash', 'previous', 'result', 'sequence', 'writer'].sort(),
    )
    expect(stored[0]?.at).toEqual(at)
    expect(verifyChain(stored)).toEqual({ ok: true, rows: 2 })
  })

  test('seals survive the way through the database, whatever was written', async () => {
    const hostile = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) })
    const detail = fc.oneof(hostile, fc.double(), fc.integer(), fc.boolean(), fc.constant(null))
    const details = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/), detail, { maxKeys: 5 })
    const event = fc.record({ event: hostile, client: hostile, request: hostile, details })
    const events = fc.sample(event, 500).map((fields) => cleanEvent({ ...fields, result: 'error' }))
    const rows = rowsOf(events)
    await log.append(rows)
    expect(verifyChain(await log.chain(rows[0]?.writer ?? '', 0, 1_000))).toEqual({ ok: true, rows: 500 })
  })

  test('takes a batch whole or not at all, and no place twice', async () => {
    const rows = rowsOf([full, full, full])
    await log.append(rows.slice(1, 2))
    await expect(log.append(rows)).rejects.toMatchObject({ code: '23505' })
    expect(await log.chain(rows[0]?.writer ?? '', 0, 10)).toHaveLength(1)
  })

  test('of two appends that race for one place, one is written', async () => {
    const writer = randomUUID()
    const outcomes = await Promise.allSettled(
      ['left', 'right'].map((event) => log.append(rowsOf([{ event, result: 'success' }], writer))),
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await log.chain(writer, 0, 10)).toHaveLength(1)
  })

  test('answers the latest first, of one subject, event or time', async () => {
    const subject = `person:${randomUUID()}`
    for (const [index, event] of ['one', 'two', 'one'].entries()) {
      await log.append(rowsOf([{ event, result: 'success', subject }], undefined, new Date(at.getTime() + index)))
    }
    const times = async (filter: object) =>
      (await log.latest({ limit: 10, subject, ...filter })).map((row) => row.at.getTime() - at.getTime())
    expect(await times({})).toEqual([2, 1, 0])
    expect(await times({ limit: 1 })).toEqual([2])
    expect(await times({ event: 'one' })).toEqual([2, 0])
    expect(await times({ after: at })).toEqual([2, 1])
    expect(await times({ event: 'one', after: at })).toEqual([2])
    expect((await log.latest({ limit: 1 }))[0]?.subject).toBe(subject)
  })

  test.each(['UPDATE audit_events SET reason = NULL', 'DELETE FROM audit_events', 'TRUNCATE audit_events'])(
    'refuses %s',
    async (text) => {
      await expect(opened.database.query({ name: `test.${text}`, text })).rejects.toThrow('append-only')
    },
  )

  test('an act and its row are kept together, or neither', async () => {
    const trail = openTrail()
    const subject = `person:${randomUUID()}`
    const act = (outcome: () => void) =>
      trail.act((bind) =>
        opened.database.transaction(async (transaction) => {
          await bind(createAuditLog(transaction)).record({ event: 'person.suspended', result: 'success', subject })
          outcome()
        }),
      )
    await act(() => {})
    await expect(
      act(() => {
        throw refusals.notFound()
      }),
    ).rejects.toThrow('not_found')
    await act(() => {})
    expect((await log.latest({ limit: 10, subject })).map(({ sequence }) => sequence)).toEqual([2, 1])
  })

  test('a trail that was used by many at once verifies from its first row to its last', async () => {
    await empty(opened.database)
    await migrate(opened.database, { folder: MIGRATIONS, log: logger })
    const trails = [openTrail(), openTrail()]
    await Promise.all(
      Array.from({ length: 1_200 }, async (_, index) => {
        const trail = trails[index % 2]
        if (index % 3 === 0) trail?.note(full)
        else await trail?.record(full)
      }),
    )
    await Promise.all(trails.map((trail) => trail.close()))
    expect(await log.writers()).toHaveLength(2)
    expect(await verifyTrail(log)).toEqual({ ok: true, rows: 1_200 })
  })
})
