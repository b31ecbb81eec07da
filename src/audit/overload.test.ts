import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { memoryAuditLog } from '../../test/support/memory-audit-log.ts'
import { isUnavailable } from '../errors.ts'
import { createAuditTrail } from './audit.ts'

function open() {
  const log = memoryAuditLog()
  const random = { uuid: () => randomUUID(), token: () => '' }
  const trail = createAuditTrail({ log, clock: () => new Date(), random, logger: pino({ level: 'silent' }) })
  return { log, trail, names: () => log.rows.map(({ event }) => event) }
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
    expect(await records.at(-1)?.catch(isUnavailable)).toBe(true)
    await Promise.all(records.slice(0, -1))
  })
})
