import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { AuditEvent } from './audit.ts'
import { createRepeats, KINDS_MAX } from './repeats.ts'

const at = (seconds: number) => new Date(Date.parse('2026-09-01T00:00:00Z') + seconds * 1_000)

function refused(request: string, changes: Partial<AuditEvent> = {}): AuditEvent {
  return { event: 'tokens.refused', result: 'refused', client: 'library', address: '192.0.2.1', request, ...changes }
}

describe('what is repeated', () => {
  test('is a row at once, and within the minute no other', () => {
    const repeats = createRepeats()
    expect(repeats.take(refused('r-1'), 'k', at(0))).toEqual(refused('r-1'))
    for (const second of [0, 1, 30, 59]) expect(repeats.take(refused('r-2'), 'k', at(second))).toBeNull()
    expect(repeats.due(at(59))).toEqual([])
  })

  test('is counted in a row when the minute is over, with the latest request', () => {
    const repeats = createRepeats()
    for (const request of ['r-1', 'r-2', 'r-3'])
      repeats.take(refused(request, { details: { route: 'token' } }), 'k', at(0))
    expect(repeats.due(at(60))).toEqual([refused('r-3', { details: { repeats: 2, route: 'token' } })])
    expect(repeats.due(at(60))).toEqual([])
  })

  test('and goes on, is one row a minute for as long as it lasts', () => {
    const repeats = createRepeats()
    const rows: AuditEvent[] = []
    for (let second = 0; second < 600; second += 1) {
      rows.push(...repeats.due(at(second)))
      const row = repeats.take(refused(`r-${second}`), 'k', at(second))
      if (row) rows.push(row)
    }
    expect(rows).toHaveLength(10)
    expect(rows.map(({ details }) => details?.['repeats'])).toEqual([undefined, 59, ...Array(8).fill(60)])
  })

  test('after a quiet minute is news again', () => {
    const repeats = createRepeats()
    repeats.take(refused('r-1'), 'k', at(0))
    expect(repeats.due(at(60))).toEqual([])
    expect(repeats.take(refused('r-2'), 'k', at(61))).toEqual(refused('r-2'))
  })

  test('keeps apart what is not alike', () => {
    const repeats = createRepeats()
    expect(repeats.take(refused('r-1'), 'one', at(0))).not.toBeNull()
    expect(repeats.take(refused('r-2'), 'other', at(0))).not.toBeNull()
  })

  test('is told on the way out, whether or not its minute is over', () => {
    const repeats = createRepeats()
    for (const request of ['r-1', 'r-2']) repeats.take(refused(request), 'k', at(0))
    repeats.take(refused('r-3'), 'other', at(0))
    expect(repeats.rest()).toEqual([refused('r-2', { details: { repeats: 1 } })])
    expect([repeats.rest(), repeats.due(at(60))]).toEqual([[], []])
  })
})

describe('how long it is until something may have to be told', () => {
  test('is nothing to wait for while nothing is repeated', () => {
    const repeats = createRepeats()
    expect(repeats.dueIn(at(0))).toBeNull()
    repeats.take(refused('r-1'), 'k', at(0))
    expect(repeats.dueIn(at(1))).toBeNull()
    repeats.take(refused('r-2'), 'k', at(1))
    expect(repeats.dueIn(at(1))).toBe(59_000)
    repeats.due(at(60))
    expect(repeats.dueIn(at(60))).toBeNull()
  })

  test('is never longer than the minute of anything that is, or comes to be, repeated', () => {
    const repeats = createRepeats()
    repeats.take(refused('r-1'), 'early', at(0))
    for (const request of ['r-2', 'r-3']) repeats.take(refused(request), 'late', at(10))
    expect(repeats.dueIn(at(10))).toBe(50_000)
    repeats.take(refused('r-4'), 'early', at(20))
    expect(repeats.dueIn(at(20))).toBe(40_000)
  })

  test('is a minute at most and never less than none, whatever is done to the clock', () => {
    const repeats = createRepeats()
    for (const request of ['r-1', 'r-2']) repeats.take(refused(request), 'k', at(0))
    expect([repeats.dueIn(at(-86_400 * 365)), repeats.dueIn(at(61))]).toEqual([60_000, 0])
  })
})

describe('more kinds than can be told apart', () => {
  test('are counted together, and the row names nobody', () => {
    const repeats = createRepeats()
    for (let kind = 0; kind < KINDS_MAX; kind += 1) repeats.take(refused('r'), `${kind}`, at(0))
    expect(repeats.take(refused('r'), 'one more', at(1))).toEqual({ event: 'tokens.refused', result: 'refused' })
    expect(repeats.take(refused('r'), 'and another', at(1))).toBeNull()
    expect(repeats.take(refused('r', { event: 'userinfo.refused' }), 'x', at(1))).not.toBeNull()
    expect(repeats.due(at(61))).toEqual([{ event: 'tokens.refused', result: 'refused', details: { repeats: 1 } }])
  })

  test('whatever anybody sends: the rows of a minute are bounded, and every event is in one of them', () => {
    const sent = fc.array(fc.tuple(fc.nat(2 * KINDS_MAX), fc.nat(5)), { maxLength: 2_000, size: 'max' })
    fc.assert(
      fc.property(sent, (events) => {
        const repeats = createRepeats()
        const rows: { row: AuditEvent; second: number }[] = []
        let second = 0
        for (const [kind, pause] of events) {
          second += pause
          for (const row of repeats.due(at(second))) rows.push({ row, second })
          const row = repeats.take(refused('r'), `${kind}`, at(second))
          if (row) rows.push({ row, second })
        }
        for (const row of repeats.rest()) rows.push({ row, second: second + 60 })
        const told = rows.map(({ row }) => Number(row.details?.['repeats'] ?? 1))
        expect(told.reduce((sum, count) => sum + count, 0)).toBe(events.length)
        for (const { second: from } of rows) {
          const minute = rows.filter((row) => row.second >= from && row.second < from + 60)
          expect(minute.length).toBeLessThanOrEqual(2 * (KINDS_MAX + 1))
        }
      }),
      { numRuns: 20 },
    )
  })
})
