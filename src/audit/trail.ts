import type { Logger } from 'pino'
import type { Clock, Randomness } from '../campus.ts'
import type { Unavailable } from '../errors.ts'
import { type Act, createActs } from './acts.ts'
import type { AuditEvent, AuditLog, AuditTrail } from './audit.ts'
import { createBatches } from './batches.ts'
import { createBuffer, type Entry } from './buffer.ts'
import { createChainWriter } from './chain-writer.ts'
import { cleanEvent } from './clean-event.ts'
import { createRepeats } from './repeats.ts'

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

export function createAuditTrail({ log, clock, random, logger }: Parts): ActingTrail {
  const buffer = createBuffer()
  const chain = createChainWriter<Entry>({ log, random, logger, onLate })
  const batches = createBatches({ buffer, chain, logger })
  const repeats = createRepeats()
  let isClosed = false

  const entryOf = (event: AuditEvent, caller: Entry['caller']): Entry => ({
    event: cleanEvent(event),
    at: clock(),
    caller,
  })

  function onLate(entries: readonly Entry[]): void {
    buffer.forget(entries)
    for (const { event, caller } of entries) if (caller !== null) enqueue(correctionOf(event))
  }

  function noteDropped(): void {
    const rows = buffer.dropped()
    const event: AuditEvent = { event: 'audit.dropped', result: 'error', details: { rows } }
    if (rows > 0 && buffer.offer(entryOf(event, null))) buffer.countDropped(-rows)
  }

  async function record(event: AuditEvent): Promise<void> {
    if (isClosed) throw new Error('the audit trail is closed')
    noteRepeats()
    noteDropped()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (!buffer.offer(entryOf(event, { resolve, reject }))) throw overloaded()
    batches.writeNow()
    return promise
  }

  function enqueue(event: AuditEvent): void {
    noteDropped()
    if (!buffer.offer(entryOf(event, null))) buffer.countDropped(1)
    if (buffer.hasFullBatch()) batches.writeNow()
    else batches.writeSoon()
  }

  function noteRepeats(): void {
    for (const event of repeats.due(clock())) enqueue(event)
  }

  function note(event: AuditEvent, kind?: string): void {
    if (isClosed) {
      logger.warn({ event: event.event }, 'an audit note came after the end')
      return
    }
    noteRepeats()
    const row = kind === undefined ? event : repeats.take(event, kind, clock())
    if (row !== null) enqueue(row)
  }

  async function flush(): Promise<void> {
    noteRepeats()
    await batches.flush()
    // Writing may have made room for what only a further row can tell.
    noteDropped()
    if (buffer.waiting() > 0) await batches.flush()
  }

  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    for (const event of repeats.rest()) enqueue(event)
    await flush()
    batches.stop()
    const rows = buffer.waiting() + buffer.returned() + buffer.dropped()
    if (rows > 0) logger.error({ rows }, 'audit rows were lost: the log could not be reached while stopping')
  }

  return {
    record,
    note,
    latest: (filter) => log.latest(filter),
    flush,
    act: createActs({ clock, random, note }),
    close,
  }
}

/** Its caller was told that it failed, and refused the act: the log must not claim what did not happen. */
function correctionOf({ event, request }: AuditEvent): AuditEvent {
  const correction: AuditEvent = {
    event: 'audit.late',
    result: 'error',
    reason: 'refused_before_written',
    details: { event },
  }
  return request === undefined ? correction : { ...correction, request }
}

function overloaded(): Unavailable {
  const marks: Pick<Unavailable, 'unavailable' | 'retryAfterSeconds'> = {
    unavailable: 'postgres',
    retryAfterSeconds: 1,
  }
  return Object.assign(new Error('more audit rows wait than can be written'), marks)
}
