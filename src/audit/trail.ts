import type { Logger } from 'pino'
import type { Campus, Clock, Randomness } from '../campus.ts'
import type { Unavailable } from '../errors.ts'
import { type Act, createActs } from './acts.ts'
import type { AuditEvent, AuditLog, AuditTrail } from './audit.ts'
import { createBatches } from './batches.ts'
import { createBuffer, type Entry } from './buffer.ts'
import { createChainWriter } from './chain-writer.ts'
import { createInbox } from './inbox.ts'

interface Parts extends Pick<Campus, 'metrics'> {
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

export function createAuditTrail({ log, clock, random, logger, metrics }: Parts): ActingTrail {
  const buffer = createBuffer({ metrics })
  const inbox = createInbox({ buffer, clock, onTold: writeNotes })
  const chain = createChainWriter<Entry>({ log, random, logger, onLate })
  const batches = createBatches({ buffer, chain, logger, metrics })
  let isClosed = false
  metrics.gauge('campus_audit_rows_waiting', buffer.size)
  metrics.gauge('campus_audit_oldest_waiting_seconds', () => ageOf(buffer.oldest(), clock()))

  function onLate(entries: readonly Entry[]): void {
    buffer.forget(entries)
    for (const { event, caller } of entries) if (caller !== null) enqueue(correctionOf(event))
  }

  async function record(event: AuditEvent): Promise<void> {
    if (isClosed) throw new Error('the audit trail is closed')
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (!inbox.takeRecord(event, { resolve, reject })) throw overloaded()
    batches.writeNow()
    return promise
  }

  function enqueue(event: AuditEvent, kind?: string): void {
    inbox.takeNote(event, kind)
    writeNotes()
  }

  function writeNotes(): void {
    if (buffer.hasFullBatch()) batches.writeNow()
    else if (buffer.waiting() > 0) batches.writeSoon()
  }

  function note(event: AuditEvent, kind?: string): void {
    if (isClosed) logger.warn({ event: event.event }, 'an audit note came after the end')
    else enqueue(event, kind)
  }

  async function flush(): Promise<void> {
    inbox.tell()
    await batches.flush()
    // Writing may have made room for what only a further row can tell.
    inbox.tell()
    if (buffer.waiting() > 0) await batches.flush()
  }

  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    inbox.tellAll()
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
    act: createActs({ clock, random, note, metrics }),
    close,
  }
}

/** In seconds. A clock that was put back makes nothing younger than now. */
function ageOf(entry: Entry | null, now: Date): number {
  return entry === null ? 0 : Math.max(0, (now.getTime() - entry.at.getTime()) / 1_000)
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
    unavailable: 'audit',
    retryAfterSeconds: 1,
  }
  return Object.assign(new Error('more audit rows wait than can be written'), marks)
}
