import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { memoryAuditLog } from '../../test/support/memory-audit-log.ts'
import { until } from '../../test/support/until.ts'
import { silentMetrics } from '../metrics/metrics.ts'
import { createAuditTrail, verifyTrail } from './audit.ts'

function open() {
  const log = memoryAuditLog()
  const random = { uuid: () => randomUUID(), token: () => '' }
  let passed = 0
  const clock = () => new Date(Date.now() + passed)
  const trail = createAuditTrail({ log, clock, random, logger: pino({ level: 'silent' }), metrics: silentMetrics })
  const pass = (seconds: number) => {
    passed += seconds * 1_000
  }
  return { log, trail, pass, names: () => log.rows.map(({ event }) => event) }
}

const event = (name: string) => ({ event: name, result: 'success' as const })

describe('under overload', () => {
  test('notes are dropped and counted', async () => {
    const { log, trail, names } = open()
    log.isDown = true
    for (let index = 0; index < 8_005; index += 1) trail.note(event('noise'))
    await trail.flush()
    log.isDown = false
    await trail.flush()
    expect(names().filter((name) => name === 'noise')).toHaveLength(8_000)
    expect(log.rows.find((row) => row.event === 'audit.dropped')?.details).toEqual({ rows: 5 })
  })

  test('no flood of notes takes the room of records', async () => {
    const { trail, names } = open()
    for (let index = 0; index < 20_000; index += 1) trail.note(event('noise'))
    await Promise.all(Array.from({ length: 2_000 }, () => trail.record(event('sign-in.completed'))))
    expect(names().filter((name) => name === 'sign-in.completed')).toHaveLength(2_000)
  })

  test('records that would wait for too long are refused as unavailable', async () => {
    const { trail } = open()
    const records = Array.from({ length: 10_001 }, () => trail.record(event('e')))
    // Our own buffer is full: no operator is to look for a fault in PostgreSQL.
    await expect(records.at(-1)).rejects.toMatchObject({ unavailable: 'audit', retryAfterSeconds: 1 })
    await Promise.all(records.slice(0, -1))
  })
})

describe('notes of one kind', () => {
  test('are a row and then one a minute with their number, which any later event brings along', async () => {
    const { log, trail, pass } = open()
    for (let index = 0; index < 500; index += 1) trail.note(event('tokens.refused'), 'one kind')
    await trail.flush()
    expect(log.rows.map(({ details }) => details)).toEqual([undefined])
    pass(60)
    await trail.record(event('sign-in.completed'))
    await trail.flush()
    const counted = log.rows.filter(({ event: name }) => name === 'tokens.refused').map(({ details }) => details)
    expect(counted).toEqual([undefined, { repeats: 499 }])
    expect(await verifyTrail(log)).toEqual({ ok: true, rows: 3 })
  })

  test('are told when their minute is over, though nothing else happens', async () => {
    const { log, trail, pass } = open()
    trail.note(event('tokens.refused'), 'one kind')
    pass(59)
    for (let index = 0; index < 999; index += 1) trail.note(event('tokens.refused'), 'one kind')
    await until('the repeats are written', () => log.rows.length === 2, { seconds: 5 })
    expect(log.rows.map(({ details }) => details)).toEqual([undefined, { repeats: 999 }])
    await trail.close()
  })

  test('are not lost on the way out', async () => {
    const { log, trail } = open()
    for (let index = 0; index < 5; index += 1) trail.note(event('tokens.refused'), 'one kind')
    await trail.close()
    expect(log.rows.map(({ details }) => details)).toEqual([undefined, { repeats: 4 }])
  })
})
