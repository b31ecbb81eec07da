import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type Entry, type Fault, hashOf, type Operation, openRecorder } from './history.ts'
import { check } from './history-checker.ts'

const operation = (at: number, changes: Partial<Operation> = {}): Operation => ({
  entry: 'operation',
  what: 'redeem',
  at,
  took: 10,
  server: 0,
  outcome: 'ok',
  status: 200,
  ...changes,
})

const fault = (at: number, changes: Partial<Fault> = {}): Fault => ({
  entry: 'fault',
  what: 'primary killed',
  at,
  returnedAt: null,
  bound: { from: 'errors', milliseconds: 5_000 },
  ...changes,
})

const down = (at: number, changes: Partial<Operation> = {}) =>
  operation(at, { outcome: 'unavailable', status: 503, ...changes })

const violations = (history: Entry[]) => check(history, { waitMax: 1_000 }).violations.map(({ rule }) => rule)

test('an ordinary history is found in order, and counted', () => {
  const history = [operation(0, { uses: 'a' }), fault(100), down(150), down(4_000), operation(5_200, { took: 900 })]
  expect(check(history, { waitMax: 1_000 })).toEqual({
    faults: 1,
    operations: { ok: 2, refused: 0, unavailable: 2, error: 0, timeout: 0 },
    longestWait: 900,
    longestErrors: 3_850,
    violations: [],
  })
})

describe('used twice', () => {
  test('is said of two successes with one code', () => {
    expect(violations([operation(0, { uses: 'a' }), operation(1, { uses: 'a', server: 1 })])).toEqual(['used twice'])
  })
  test('is not said of a success among refusals and failures, or of two codes', () => {
    const history = [
      operation(0, { uses: 'a', outcome: 'refused' }),
      operation(1, { uses: 'a' }),
      operation(2, { uses: 'b' }),
    ]
    expect(violations([...history, fault(3), down(4, { uses: 'a' }), operation(30)])).toEqual([])
  })
})

describe('alive after its end', () => {
  const end = operation(100, { what: 'sign-out', ends: ['session'] })
  test('is said of a success that was asked for after the end was acknowledged', () => {
    expect(violations([end, operation(111, { within: ['other', 'session'] })])).toEqual(['alive after its end'])
  })
  test('is not said of what was under way, of a refusal, or of another session', () => {
    const others = [
      operation(105, { within: ['session'], took: 50 }),
      operation(120, { within: ['session'], outcome: 'refused' }),
      operation(120, { within: ['other'] }),
    ]
    expect(violations([end, ...others])).toEqual([])
  })
  test('is not said where the end itself was not acknowledged', () => {
    const unknown = down(100, { ends: ['session'] })
    expect(violations([fault(0), unknown, operation(200, { within: ['session'] })])).toEqual([])
  })
})

describe('lost', () => {
  const kept = operation(0, { keeps: 'audit:1' })
  test('is said of what was promised and is not there', () => {
    expect(violations([kept, { entry: 'found', prefix: 'audit:', names: ['audit:2'] }])).toEqual(['lost'])
  })
  test('is said where nobody looked', () => {
    expect(violations([kept])).toEqual(['lost'])
  })
  test('is not said of what is there, or was not promised', () => {
    const found: Entry = { entry: 'found', prefix: 'audit:', names: ['audit:1'] }
    const unknown = down(5, { keeps: 'audit:3' })
    expect(violations([kept, fault(1), unknown, operation(50), found])).toEqual([])
  })
})

describe('errors too long', () => {
  test('is said where they last from the first to the last for longer than the bound', () => {
    expect(violations([fault(0), down(100), down(5_200), operation(6_000)])).toEqual(['errors too long'])
  })
  test('is said by the return, where the bound counts from there', () => {
    const killed = fault(0, { returnedAt: 1_000, bound: { from: 'return', milliseconds: 2_000 } })
    expect(violations([killed, down(500), down(3_100), operation(4_000)])).toEqual(['errors too long'])
    expect(violations([killed, down(500), down(2_900), operation(4_000)])).toEqual([])
  })
  test('is said of a failure before any fault', () => {
    expect(violations([down(0), fault(100), operation(200)])).toEqual(['errors too long'])
    expect(violations([down(0), operation(200)])).toEqual(['errors too long'])
  })
  test('is said where nothing was answered afterwards', () => {
    expect(violations([operation(0), fault(100), down(200)])).toEqual(['errors too long'])
  })
  test('is said of each fault for its own failures', () => {
    const history = [fault(0), down(100), operation(300), fault(9_000), down(9_100), operation(9_300)]
    expect(violations(history)).toEqual([])
  })
})

describe('waited too long', () => {
  test('is said of any answer, a refusal or a time-out too', () => {
    expect(violations([operation(0, { took: 1_001 })])).toEqual(['waited too long'])
    const unanswered = operation(10, { took: 3_000, outcome: 'timeout', status: null })
    expect(violations([fault(0), unanswered, operation(3_100)])).toEqual(['waited too long'])
  })
  test('is not said at the bound', () => {
    expect(violations([operation(0, { took: 1_000 })])).toEqual([])
  })
})

describe('a bug', () => {
  test('is a server that ended', () => {
    expect(violations([operation(0), { entry: 'exit', at: 5, server: 1 }])).toEqual(['bug'])
  })
  test('is an answer of 500 or a cut connection, also during a fault', () => {
    const broken = operation(10, { outcome: 'error', status: 500 })
    expect(violations([fault(0), broken, operation(100)])).toEqual(['bug'])
  })
  test('is a history of nothing', () => {
    expect(violations([])).toEqual(['bug'])
  })
})

test('a recorder writes a line an entry and keeps them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'campus-id-history-'))
  let time = 40
  const recorder = openRecorder(folder, 'example', () => time)
  time = 52
  recorder.add(operation(recorder.now(), { uses: hashOf('code') }))
  recorder.add(fault(13))
  await recorder.close()
  const lines = readFileSync(join(folder, 'example.jsonl'), 'utf8').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual(recorder.entries())
  expect(recorder.entries()[0]).toMatchObject({ at: 12, uses: expect.stringMatching(/^[\w-]{16}$/) })
  rmSync(folder, { recursive: true })
})
