/** Collects rows in memory and writes them in batches: one statement for what happened at the same time. */
import type { Logger } from 'pino'
import type { Clock, Randomness } from '../campus.ts'
import { isUnavailable, type Unavailable } from '../errors.ts'
import { type Act, createActs } from './acts.ts'
import type { AuditEvent, AuditLog, AuditTrail } from './audit.ts'
import type { Draft } from './chain.ts'
import { createChainWriter } from './chain-writer.ts'
import { cleanEvent } from './clean-event.ts'

const BATCH_ROWS_MAX = 500
const BUFFER_ROWS_MAX = 10_000
/** How long a note waits for company. A record does not wait: it joins those of its moment. */
const GATHERING_MILLISECONDS = 50
const RETRY_FIRST_MILLISECONDS = 100
const RETRY_LAST_MILLISECONDS = 10_000
/** A note that an answering log refuses this often has something wrong with it. */
const REFUSALS_MAX = 10

interface Parts {
  log: AuditLog
  clock: Clock
  random: Randomness
  logger: Logger
}

export interface ActingTrail extends AuditTrail {
  /**
   * Runs an act whose rows are committed together with its effect: `run` opens the transaction, and records through
   * the trail that `bind` makes of the log inside it. It must resolve after the commit and reject after a rollback.
   */
  act: Act
  /** Writes what waits. Afterwards nothing is taken any more. */
  close(): Promise<void>
}

interface Entry extends Draft {
  /** Null for a note. */
  caller: { resolve(): void; reject(error: unknown): void } | null
  refusals: number
}

export function createAuditTrail({ log, clock, random, logger }: Parts): ActingTrail {
  const waiting: Entry[] = []
  /** Notes whose batch failed. They are tried again apart, so that a bad one among them harms nobody. */
  let returned: Entry[] = []
  let writing = 0
  let dropped = 0
  const late = new WeakSet<Entry>()
  let failuresInRow = 0
  let isRetryDue = false
  let isClosed = false
  let work: Promise<void> | null = null
  let gathering: NodeJS.Timeout | null = null
  let retrying: NodeJS.Timeout | null = null

  const chain = createChainWriter<Entry>({ log, random, logger, onLate })

  function onLate(entries: readonly Entry[]): void {
    returned = returned.filter((entry) => !entries.includes(entry))
    for (const entry of entries) {
      late.add(entry)
      const { caller, event } = entry
      // Its caller was told that it failed and refused the act: the log must not claim what did not happen.
      if (caller === null) continue
      const { request } = event
      const correction: AuditEvent = { event: 'audit.late', result: 'error', reason: 'refused_before_written' }
      note({ ...correction, ...(request === undefined ? {} : { request }), details: { event: event.event } })
    }
  }

  function wake(): void {
    work ??= writeAll().finally(() => {
      work = null
    })
  }

  async function writeAll(): Promise<void> {
    // What happens in this turn of the event loop goes into one batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length > 0 || isRetryDue) {
      if (waiting.length > 0) {
        countDropped()
        await write(waiting.splice(0, BATCH_ROWS_MAX))
      }
      if (isRetryDue) {
        isRetryDue = false
        await write(returned.splice(0, BATCH_ROWS_MAX))
        if (failuresInRow === 0 && returned.length > 0) isRetryDue = true
      }
    }
  }

  async function write(batch: Entry[]): Promise<void> {
    if (batch.length === 0) return
    writing = batch.length
    try {
      await chain.append(batch)
      failuresInRow = 0
      for (const { caller } of batch) caller?.resolve()
    } catch (error) {
      failuresInRow += 1
      logger.error({ err: error, rows: batch.length }, 'audit rows could not be written')
      takeBack(batch, error)
    } finally {
      writing = 0
    }
    if (returned.length > 0) retryLater()
  }

  function takeBack(batch: Entry[], error: unknown): void {
    for (const entry of batch) {
      entry.caller?.reject(error)
      if (entry.caller !== null || late.has(entry)) continue
      if (!isUnavailable(error)) entry.refusals += 1
      if (entry.refusals < REFUSALS_MAX) returned.push(entry)
      else dropped += 1
    }
  }

  function retryLater(): void {
    if (isClosed || retrying !== null) return
    const delay = Math.min(RETRY_FIRST_MILLISECONDS * 2 ** failuresInRow, RETRY_LAST_MILLISECONDS)
    retrying = setTimeout(() => {
      retrying = null
      isRetryDue = true
      wake()
    }, delay).unref()
  }

  function countDropped(): void {
    if (dropped === 0) return
    const event: AuditEvent = { event: 'audit.dropped', result: 'error', details: { rows: dropped } }
    dropped = 0
    waiting.unshift({ event, at: clock(), caller: null, refusals: 0 })
  }

  const isFull = () => waiting.length + writing + returned.length >= BUFFER_ROWS_MAX

  function record(event: AuditEvent): Promise<void> {
    if (isClosed) return Promise.reject(new Error('the audit trail is closed'))
    if (isFull()) return Promise.reject(overloaded())
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    waiting.push({ event: cleanEvent(event), at: clock(), caller: { resolve, reject }, refusals: 0 })
    wake()
    return promise
  }

  function note(event: AuditEvent): void {
    if (isClosed || isFull()) {
      dropped += 1
      return
    }
    waiting.push({ event: cleanEvent(event), at: clock(), caller: null, refusals: 0 })
    if (waiting.length >= BATCH_ROWS_MAX) wake()
    else
      gathering ??= setTimeout(() => {
        gathering = null
        wake()
      }, GATHERING_MILLISECONDS)
  }

  async function flush(): Promise<void> {
    countDropped()
    isRetryDue = true
    wake()
    while (work !== null) await work
  }

  async function close(): Promise<void> {
    isClosed = true
    await flush()
    if (gathering !== null) clearTimeout(gathering)
    if (retrying !== null) clearTimeout(retrying)
    const lost = waiting.length + returned.length + dropped
    if (lost > 0) logger.error({ rows: lost }, 'audit rows were lost: the log could not be reached while stopping')
  }

  const act = createActs({ clock, random, note })
  return { record, note, latest: (filter) => log.latest(filter), flush, act, close }
}

function overloaded(): Unavailable {
  const problem: Pick<Unavailable, 'unavailable' | 'retryAfterSeconds'> = {
    unavailable: 'postgres',
    retryAfterSeconds: 1,
  }
  return Object.assign(new Error('more audit rows wait than can be written'), problem)
}
