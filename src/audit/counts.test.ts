import { randomUUID } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { pino } from 'pino'
import { memoryAuditLog } from '../../test/support/memory-audit-log.ts'
import { recordedMetrics } from '../../test/support/recorded-metrics.ts'
import { createAuditTrail } from './audit.ts'

function open() {
  const log = memoryAuditLog()
  const { metrics, total, reading } = recordedMetrics()
  let now = new Date('2026-03-02T08:00:00Z')
  const random = { uuid: () => randomUUID(), token: () => '' }
  const trail = createAuditTrail({ log, clock: () => now, random, logger: pino({ level: 'silent' }), metrics })
  const pass = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1_000)
  }
  return { log, trail, total, reading, pass }
}

const event = { event: 'some.event', result: 'success' } as const

test('rows that are committed are counted: records, notes, and those of an act', async () => {
  const { log, trail, total } = open()
  await trail.record(event)
  trail.note(event)
  await trail.flush()
  await trail.act(async (bind) => {
    const audit = bind(log)
    await audit.record(event)
    await audit.record(event)
  })
  expect(total('campus_audit_rows_written_total')).toBe(4)
  expect(log.rows).toHaveLength(4)
})

test('the rows of an act that is rolled back are none', async () => {
  const { log, trail, total } = open()
  const refused = trail.act(async (bind) => {
    await bind(log).record(event)
    throw new Error('no')
  })
  await expect(refused).rejects.toThrow('no')
  expect(total('campus_audit_rows_written_total')).toBe(0)
})

test('while the log is away, what waits and for how long can be seen, and what failed and what was lost', async () => {
  const { log, trail, total, reading, pass } = open()
  expect([reading('campus_audit_rows_waiting'), reading('campus_audit_oldest_waiting_seconds')]).toEqual([0, 0])
  log.isDown = true
  trail.note(event)
  pass(40)
  for (let index = 0; index < 8_004; index += 1) trail.note(event)
  pass(2)
  await trail.flush()
  expect(reading('campus_audit_rows_waiting')).toBe(8_000)
  expect(reading('campus_audit_oldest_waiting_seconds')).toBe(42)
  expect(total('campus_audit_write_failures_total')).toBeGreaterThan(0)
  expect(total('campus_audit_rows_dropped_total')).toBe(5)
  log.isDown = false
  await trail.flush()
  expect([reading('campus_audit_rows_waiting'), reading('campus_audit_oldest_waiting_seconds')]).toEqual([0, 0])
  // The row that tells of the five is no loss.
  expect(total('campus_audit_rows_dropped_total')).toBe(5)
  expect(total('campus_audit_rows_written_total')).toBe(8_001)
})
