/** Decides by the history alone whether anything happened that must not. Pure: the same history, the same verdict. */
import type { Entry, Fault, Found, Operation, Outcome } from './history.ts'

export type RuleName = 'used twice' | 'alive after its end' | 'lost' | 'errors too long' | 'waited too long' | 'bug'

export interface Violation {
  rule: RuleName
  says: string
}

export interface Verdict {
  faults: number
  operations: Readonly<Record<Outcome, number>>
  /** Milliseconds. */
  longestWait: number
  /** Milliseconds, over all faults: what their bounds measure. */
  longestErrors: number
  violations: readonly Violation[]
}

export interface Limits {
  /** Milliseconds from the request to the end of its answer. */
  waitMax: number
}

export function check(history: readonly Entry[], { waitMax }: Limits): Verdict {
  const operations = history.filter((entry): entry is Operation => entry.entry === 'operation')
  const faults = history.filter((entry): entry is Fault => entry.entry === 'fault').toSorted((a, b) => a.at - b.at)
  const windows = windowsOf(operations, faults)
  return {
    faults: faults.length,
    operations: tally(operations),
    longestWait: Math.max(0, ...operations.map(({ took }) => took)),
    longestErrors: Math.max(0, ...windows.map(({ milliseconds }) => milliseconds)),
    violations: [
      ...usedTwice(operations),
      ...aliveAfterTheirEnd(operations),
      ...lost(operations, history),
      ...errorsTooLong(operations, faults, windows),
      ...waitedTooLong(operations, waitMax),
      ...bugs(operations, history),
    ],
  }
}

const endOf = ({ at, took }: Operation) => at + took
const failed = ({ outcome }: Operation) => outcome !== 'ok' && outcome !== 'refused'
const describe = ({ what, at, server }: Operation) => `${what} at ${at.toFixed(0)} ms on server ${server}`

function tally(operations: readonly Operation[]): Verdict['operations'] {
  const counts = { ok: 0, refused: 0, unavailable: 0, error: 0, timeout: 0 }
  for (const { outcome } of operations) counts[outcome]++
  return counts
}

function usedTwice(operations: readonly Operation[]): Violation[] {
  const winners = new Map<string, Operation>()
  return operations.flatMap((operation) => {
    const { uses, outcome } = operation
    if (uses === undefined || outcome !== 'ok') return []
    const first = winners.get(uses)
    if (first) return [{ rule: 'used twice' as const, says: `${uses}: ${describe(first)}, ${describe(operation)}` }]
    winners.set(uses, operation)
    return []
  })
}

/** What was under way when the end was acknowledged may still succeed; what was asked for after it may not. */
function aliveAfterTheirEnd(operations: readonly Operation[]): Violation[] {
  const ended = new Map<string, Operation>()
  for (const operation of operations) {
    if (operation.outcome !== 'ok') continue
    for (const name of operation.ends ?? []) {
      const known = ended.get(name)
      if (!known || endOf(operation) < endOf(known)) ended.set(name, operation)
    }
  }
  return operations.flatMap((operation) => {
    if (operation.outcome !== 'ok') return []
    const alive = (operation.within ?? []).filter((name) => operation.at > endOf(ended.get(name) ?? NEVER))
    return alive.map((name) => ({
      rule: 'alive after its end' as const,
      says: `${name}: ${describe(operation)}, ended by ${describe(ended.get(name) ?? NEVER)}`,
    }))
  })
}

const NEVER: Operation = {
  entry: 'operation',
  what: 'nothing',
  at: Number.POSITIVE_INFINITY,
  took: 0,
  server: 0,
  outcome: 'ok',
  status: null,
}

function lost(operations: readonly Operation[], history: readonly Entry[]): Violation[] {
  const looks = history.filter((entry): entry is Found => entry.entry === 'found')
  const found = new Set(looks.flatMap(({ names }) => names))
  return operations.flatMap((operation) => {
    const { keeps, outcome } = operation
    if (keeps === undefined || outcome !== 'ok' || found.has(keeps)) return []
    const wasLookedFor = looks.some(({ prefix }) => keeps.startsWith(prefix))
    const says = `${keeps} ${wasLookedFor ? 'is not there' : 'was never looked for'}: ${describe(operation)}`
    return [{ rule: 'lost' as const, says }]
  })
}

interface Window {
  fault: Fault
  milliseconds: number
  last: Operation | null
}

/** A fault answers for the failures between its beginning and that of the next one. */
function windowsOf(operations: readonly Operation[], faults: readonly Fault[]): Window[] {
  return faults.map((fault, index) => {
    const until = faults[index + 1]?.at ?? Number.POSITIVE_INFINITY
    const failures = operations
      .filter((operation) => failed(operation) && endOf(operation) >= fault.at && endOf(operation) < until)
      .toSorted((a, b) => endOf(a) - endOf(b))
    const [first] = failures
    const last = failures.at(-1) ?? null
    if (!first || !last) return { fault, milliseconds: 0, last: null }
    const from = fault.bound.from === 'errors' ? endOf(first) : (fault.returnedAt ?? fault.at)
    return { fault, milliseconds: Math.max(0, endOf(last) - from), last }
  })
}

function errorsTooLong(
  operations: readonly Operation[],
  faults: readonly Fault[],
  windows: readonly Window[],
): Violation[] {
  const rule = 'errors too long' as const
  const late = windows.filter(({ fault, milliseconds }) => milliseconds > fault.bound.milliseconds)
  const [first] = faults
  const early = operations.filter((operation) => failed(operation) && endOf(operation) < (first?.at ?? Infinity))
  const never = faults.filter((fault, index) => {
    const until = faults[index + 1]?.at ?? Number.POSITIVE_INFINITY
    const last = windows[index]?.last
    const since = Math.max(fault.returnedAt ?? fault.at, last ? endOf(last) : 0)
    return !operations.some((one) => one.outcome === 'ok' && one.at >= since && one.at < until)
  })
  return [
    ...late.map(({ fault, milliseconds, last }) => ({
      rule,
      says: `${fault.what}: ${milliseconds.toFixed(0)} ms, to ${last ? describe(last) : 'nothing'}`,
    })),
    ...early.map((operation) => ({ rule, says: `without any fault: ${describe(operation)}` })),
    ...never.map(({ what }) => ({ rule, says: `${what}: nothing was answered afterwards` })),
  ]
}

function waitedTooLong(operations: readonly Operation[], waitMax: number): Violation[] {
  return operations
    .filter(({ took }) => took > waitMax)
    .map((operation) => ({
      rule: 'waited too long' as const,
      says: `${operation.took.toFixed(0)} ms: ${describe(operation)} (${operation.outcome})`,
    }))
}

/** No fault of a store may end a process, cut a connection or be answered as a mistake of ours. */
function bugs(operations: readonly Operation[], history: readonly Entry[]): Violation[] {
  const rule = 'bug' as const
  return history
    .flatMap((entry) => {
      if (entry.entry === 'exit') return [{ rule, says: `server ${entry.server} ended at ${entry.at.toFixed(0)} ms` }]
      if (entry.entry !== 'operation' || entry.outcome !== 'error') return []
      return [{ rule, says: `${describe(entry)} was answered by ${entry.status ?? 'a cut connection'}` }]
    })
    .concat(operations.length === 0 ? [{ rule, says: 'nothing was asked' }] : [])
}
