import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { type MemoryAuditLog, memoryAuditLog } from '../../test/support/memory-audit-log.ts'
import { refusals } from '../errors.ts'
import { silentMetrics } from '../metrics/metrics.ts'
import { type AuditLog, type AuditRow, type AuditTrail, createAuditTrail, verifyTrail } from './audit.ts'

/** A transaction on the memory log: its rows become visible at the commit, whose reply may be lost. */
function inTransaction(log: MemoryAuditLog, commit: 'told' | 'reply lost' = 'told') {
  return async <Result>(work: (transaction: AuditLog) => Promise<Result>): Promise<Result> => {
    const rows: AuditRow[] = []
    const result = await work({
      ...log,
      append: async (more) => {
        await log.append([]) // so that faults reach it
        rows.push(...more)
      },
    })
    await log.append(rows)
    if (commit === 'reply lost') throw Object.assign(new Error('no answer'), { unavailable: 'postgres' })
    return result
  }
}

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
  const act = <Result>(work: (audit: AuditTrail) => Promise<Result>, commit?: 'told' | 'reply lost') =>
    trail.act((bind) => inTransaction(log, commit)((transaction) => work(bind(transaction))))
  return { log, trail, act, names: () => log.rows.map(({ event }) => event) }
}

const event = (name: string) => ({ event: name, result: 'success' as const })

describe('the rows of an act', () => {
  test('are there with its effect, one after the other', async () => {
    const { log, act } = open()
    expect(
      await act(async (audit) => {
        await Promise.all([audit.record(event('one')), audit.record(event('two'))])
        expect(log.rows).toEqual([])
        return 'done'
      }),
    ).toBe('done')
    expect(log.rows.map(({ event: name, sequence }) => [name, sequence])).toEqual([
      ['one', 1],
      ['two', 2],
    ])
    expect(await verifyTrail(log)).toEqual({ ok: true, rows: 2 })
  })

  test('go with it when it is refused, and the chain goes on where it was', async () => {
    const { log, act, names } = open()
    await act((audit) => audit.record(event('one')))
    const refused = act(async (audit) => {
      await audit.record(event('undone'))
      throw refusals.loginTaken()
    })
    await expect(refused).rejects.toThrow('login_taken')
    await act((audit) => audit.record(event('two')))
    expect(names()).toEqual(['one', 'two'])
    expect(await log.writers()).toHaveLength(1)
    expect(await verifyTrail(log)).toEqual({ ok: true, rows: 2 })
  })

  test('may stand there although nobody was told: the next act writes to another chain', async () => {
    const { log, act, names } = open()
    await expect(act((audit) => audit.record(event('unsure')), 'reply lost')).rejects.toThrow('no answer')
    await act((audit) => audit.record(event('sure')))
    expect(names()).toEqual(['unsure', 'sure'])
    expect(await log.writers()).toHaveLength(2)
    expect(await verifyTrail(log)).toEqual({ ok: true, rows: 2 })
  })

  test('that cannot be written are not lost in silence, whatever the act does about it', async () => {
    const { log, act } = open()
    log.faults = ['refused']
    await act(async (audit) => {
      await expect(audit.record(event('lost'))).rejects.toThrow('refused')
    })
    await act((audit) => audit.record(event('next')))
    expect(await verifyTrail(log)).toEqual({ ok: true, rows: 1 })
  })
})

test('acts at once do not wait for one another, and each chain holds', async () => {
  const { log, act } = open()
  const gate = Promise.withResolvers<void>()
  const slow = act(async (audit) => {
    await audit.record(event('slow'))
    await gate.promise
  })
  await Promise.all(Array.from({ length: 9 }, (_, index) => act((audit) => audit.record(event(`quick.${index}`)))))
  gate.resolve()
  await slow
  for (let index = 0; index < 5; index += 1) await act((audit) => audit.record(event(`later.${index}`)))
  expect(await verifyTrail(log)).toEqual({ ok: true, rows: 15 })
  expect((await log.writers()).length).toBeLessThanOrEqual(10)
})

test('an act that records nothing costs no chain', async () => {
  const { log, act } = open()
  await act((audit) => audit.record(event('zero')))
  await act(async () => {})
  await expect(act(() => Promise.reject(new Error('boom')))).rejects.toThrow('boom')
  await act((audit) => audit.record(event('one')))
  expect(await log.writers()).toHaveLength(1)
})

test('an act that is over takes no more rows', async () => {
  const { act } = open()
  let kept: AuditTrail | null = null
  await act(async (audit) => {
    kept = audit
  })
  const late = async () => (kept as AuditTrail | null)?.record(event('late'))
  await expect(late()).rejects.toThrow('over')
})

test('a note of an act is written when the act is kept, and only then', async () => {
  const { trail, act, names } = open()
  const undone = act(async (audit) => {
    audit.note(event('undone'))
    throw refusals.loginTaken()
  })
  await expect(undone).rejects.toThrow('login_taken')
  await act(async (audit) => audit.note(event('kept')))
  await trail.flush()
  expect(names()).toEqual(['kept'])
})

test('a note of an act keeps its kind', async () => {
  const { trail, act, names } = open()
  await act(async (audit) => audit.note(event('again'), 'one kind'))
  trail.note(event('again'), 'one kind')
  await trail.flush()
  expect(names()).toEqual(['again'])
})
