/** How each row seals the one before it: who changes, removes or inserts a row must recompute all that follow. */
import { createHash } from 'node:crypto'
import type { AuditEvent, AuditRow } from './audit.ts'

/** Where a writer's chain stands: the next row has the next sequence and this hash as its `previous`. */
export interface ChainHead {
  writer: string
  sequence: number
  hash: Uint8Array
}

/** What happened and when, before it has a place in a chain. */
export interface Draft {
  event: AuditEvent
  at: Date
}

export function chainStart(writer: string): ChainHead {
  return { writer, sequence: 0, hash: new Uint8Array(32) }
}

export function headAt({ writer, sequence, hash }: AuditRow): ChainHead {
  return { writer, sequence, hash }
}

export function link(head: ChainHead, { event, at }: Draft): AuditRow {
  const row = { ...event, writer: head.writer, sequence: head.sequence + 1, at, previous: head.hash }
  return { ...row, hash: hashOf(row) }
}

export function linkAll(head: ChainHead, drafts: readonly Draft[]): AuditRow[] {
  const rows: AuditRow[] = []
  let last = head
  for (const draft of drafts) {
    const row = link(last, draft)
    rows.push(row)
    last = headAt(row)
  }
  return rows
}

/**
 * A JSON array of every field in a fixed order: no two rows share an encoding, since JSON quotes what it separates.
 * The leading tag names this order; another order would need another tag.
 */
export function hashOf(row: Omit<AuditRow, 'hash'>): Uint8Array {
  const details = Object.entries(row.details ?? {}).sort(([left], [right]) => (left < right ? -1 : 1))
  const fields = [
    'campus-id.audit.1',
    Buffer.from(row.previous).toString('hex'),
    row.writer,
    row.sequence,
    row.at.toISOString(),
    row.event,
    row.result,
    row.reason ?? null,
    row.actor ?? null,
    row.subject ?? null,
    row.client ?? null,
    row.address ?? null,
    row.device ?? null,
    row.request ?? null,
    details,
  ]
  return createHash('sha256').update(JSON.stringify(fields)).digest()
}

export function sameHash(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0
}
