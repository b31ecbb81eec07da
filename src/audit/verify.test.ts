import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { AuditEvent, AuditRow } from './audit.ts'
import { chainStart, hashOf, linkAll } from './chain.ts'
import { verifyChain, verifyTrail } from './verify.ts'

const writer = '6f1c2c0a-2f0e-4c7e-9a57-0d5d3f1f2b11'
const at = new Date('2026-09-01T08:00:00.123Z')

function chainOf(length: number, writerId = writer): AuditRow[] {
  const drafts = Array.from({ length }, (_, index) => ({
    at,
    event: { event: 'sign-in.completed', result: 'success' as const, actor: `person:${index}`, details: { index } },
  }))
  return linkAll(chainStart(writerId), drafts)
}

const flawOf = (rows: AuditRow[]) => verifyChain(rows)

describe('a chain', () => {
  test('that nobody touched verifies, also when writers alternate', () => {
    const [left, right] = [chainOf(3), chainOf(3, 'other')]
    const mixed = left.flatMap((row, index) => [row, ...right.slice(index, index + 1)])
    expect(flawOf(mixed)).toEqual({ ok: true, rows: 6 })
    expect(flawOf([])).toEqual({ ok: true, rows: 0 })
  })

  test('begins with 32 zero bytes', () => {
    expect(chainOf(1)[0]?.previous).toEqual(new Uint8Array(32))
  })

  test('misses a row in its middle or at its beginning', () => {
    expect(flawOf(chainOf(4).toSpliced(2, 1))).toEqual({ ok: false, writer, sequence: 4, why: 'missing' })
    expect(flawOf(chainOf(4).slice(1))).toEqual({ ok: false, writer, sequence: 2, why: 'missing' })
  })

  test('has no row twice', () => {
    const rows = chainOf(2)
    expect(flawOf([...rows, ...rows.slice(1)])).toEqual({ ok: false, writer, sequence: 2, why: 'repeated' })
  })

  test('shows a row that was changed and sealed again, by the row after it', () => {
    const rows = chainOf(3)
    const forged = rows.map((row) => (row.sequence === 2 ? { ...row, result: 'refused' as const } : row))
    expect(flawOf(forged)).toEqual({ ok: false, writer, sequence: 2, why: 'altered' })
    const sealed = forged.map((row) => (row.sequence === 2 ? { ...row, hash: hashOf(row) } : row))
    expect(flawOf(sealed)).toEqual({ ok: false, writer, sequence: 3, why: 'unlinked' })
  })
})

test('a change of any one field shows', () => {
  const [row] = linkAll(chainStart(writer), [
    {
      at,
      event: {
        ...{ event: 'e', result: 'success', reason: 'r', actor: 'a', subject: 's', client: 'c' },
        ...{ address: 'i', device: 'd', request: 'q', details: { a: 1, b: 'x' } },
      },
    },
  ])
  if (row === undefined) throw new Error('no row')
  const changes: Partial<AuditRow>[] = [
    ...(['event', 'reason', 'actor', 'subject', 'client', 'address', 'device', 'request'] as const).map((field) => ({
      [field]: `${row[field]}x`,
    })),
    { result: 'error' },
    { at: new Date(at.getTime() + 1) },
    { details: { a: 1, b: 'y' } },
    { details: { a: 1 } },
    { details: { a: '1', b: 'x' } },
    // A field that moves to its neighbour.
    { actor: 's', subject: 'a' },
  ]
  for (const change of changes)
    expect(verifyChain([{ ...row, ...change }])).toMatchObject({ ok: false, why: 'altered' })
  expect(verifyChain([{ ...row, details: { b: 'x', a: 1 } }])).toEqual({ ok: true, rows: 1 })
})

test('two different events never have the same hash', () => {
  const text = fc.option(fc.string({ maxLength: 4 }), { nil: undefined })
  const event = fc.record({
    event: fc.string({ maxLength: 4 }),
    reason: text,
    actor: text,
    subject: text,
    client: text,
  })
  fc.assert(
    fc.property(event, event, (left, right) => {
      const seal = (fields: object) => {
        const given = JSON.parse(JSON.stringify({ ...fields, result: 'success' })) as AuditEvent
        return [
          JSON.stringify(Object.entries(given).sort()),
          linkAll(chainStart(writer), [{ at, event: given }])[0]?.hash,
        ]
      }
      const [[leftText, leftHash], [rightText, rightHash]] = [seal(left), seal(right)]
      expect(String(leftHash) === String(rightHash)).toBe(leftText === rightText)
    }),
  )
})

test('the whole trail is walked page by page', async () => {
  const chains = new Map([
    ['one', chainOf(2_500, 'one')],
    ['two', chainOf(1, 'two')],
  ])
  const log = {
    writers: async () => [...chains.keys()],
    chain: async (id: string, after: number, limit: number) =>
      (chains.get(id) ?? []).filter(({ sequence }) => sequence > after).slice(0, limit),
  }
  expect(await verifyTrail(log)).toEqual({ ok: true, rows: 2_501 })
  chains.set('one', chainOf(2_500, 'one').toSpliced(2_000, 1))
  expect(await verifyTrail(log)).toEqual({ ok: false, writer: 'one', sequence: 2_002, why: 'missing' })
})
