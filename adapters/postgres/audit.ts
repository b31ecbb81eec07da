import type { AuditFilter, AuditLog, AuditRow } from '../../src/audit/audit.ts'
import type { Queryable, Statement } from './database.ts'

interface StoredRow {
  writer: string
  /** As text: the drivers disagree about what a bigint is. */
  sequence: string
  at: Date
  event: string
  result: AuditRow['result']
  reason: string | null
  actor: string | null
  subject: string | null
  client: string | null
  address: string | null
  device: string | null
  request: string | null
  details: NonNullable<AuditRow['details']>
  previous: Uint8Array
  hash: Uint8Array
}

/** In ORDER BY, a bare `sequence` would be the text of this list, where 10 comes before 2. */
const COLUMNS = `writer, sequence::text AS sequence, at, event, result, reason, actor, subject, client, address, device,
  request, details, previous, hash`

export function createAuditLog(queryable: Queryable): AuditLog {
  return {
    async append(rows) {
      if (rows.length > 0) await queryable.query(insertion, columnsOf(rows))
    },
    async latest(filter) {
      const [statement, values] = selection(filter)
      return (await queryable.query<StoredRow>(statement, values)).map(toRow)
    },
    async writers() {
      return (await queryable.query<{ writer: string }>(everyWriter)).map(({ writer }) => writer)
    },
    async chain(writer, after, limit) {
      return (await queryable.query<StoredRow>(oneChain, [writer, after, limit])).map(toRow)
    },
  }
}

/** One array a column: the statement is the same for one row and for five hundred, and is planned once. */
const insertion: Statement = {
  name: 'audit.append',
  text: `INSERT INTO audit_events (writer, sequence, at, event, result, reason, actor, subject, client, address, device,
           request, details, previous, hash)
         SELECT writer, sequence, at, event, result, reason, actor, subject, client, address, device, request,
           details::jsonb, decode(previous, 'hex'), decode(hash, 'hex')
         FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
           $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
           AS rows (writer, sequence, at, event, result, reason, actor, subject, client, address, device, request,
             details, previous, hash)`,
}

function columnsOf(rows: readonly AuditRow[]): unknown[][] {
  return [
    rows.map((row) => row.writer),
    rows.map((row) => row.sequence),
    rows.map((row) => row.at.toISOString()),
    rows.map((row) => row.event),
    rows.map((row) => row.result),
    rows.map((row) => row.reason ?? null),
    rows.map((row) => row.actor ?? null),
    rows.map((row) => row.subject ?? null),
    rows.map((row) => row.client ?? null),
    rows.map((row) => row.address ?? null),
    rows.map((row) => row.device ?? null),
    rows.map((row) => row.request ?? null),
    rows.map((row) => JSON.stringify(row.details ?? {})),
    rows.map((row) => Buffer.from(row.previous).toString('hex')),
    rows.map((row) => Buffer.from(row.hash).toString('hex')),
  ]
}

/** A statement for each set of conditions, so that each gets the plan of its own index. */
function selection({ limit, subject, event, after }: AuditFilter): [Statement, unknown[]] {
  const values: unknown[] = [limit]
  const conditions: string[] = []
  const names = ['audit.latest']
  for (const [name, condition, value] of [
    ['subject', 'subject =', subject],
    ['event', 'event =', event],
    ['after', 'at >', after?.toISOString()],
  ] as const) {
    if (value === undefined) continue
    values.push(value)
    conditions.push(`${condition} $${values.length}`)
    names.push(name)
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  const order = 'ORDER BY at DESC, writer, audit_events.sequence DESC'
  const text = `SELECT ${COLUMNS} FROM audit_events ${where} ${order} LIMIT $1`
  return [{ name: names.join('-'), text }, values]
}

/** Hops from writer to writer along the primary key: DISTINCT would read every row there ever was. */
const everyWriter: Statement = {
  name: 'audit.writers',
  text: `WITH RECURSIVE hops AS (
           (SELECT writer FROM audit_events ORDER BY writer LIMIT 1)
           UNION ALL
           SELECT (SELECT writer FROM audit_events WHERE writer > hops.writer ORDER BY writer LIMIT 1)
           FROM hops WHERE hops.writer IS NOT NULL
         )
         SELECT writer FROM hops WHERE writer IS NOT NULL`,
}

const oneChain: Statement = {
  name: 'audit.chain',
  text: `SELECT ${COLUMNS} FROM audit_events WHERE writer = $1 AND sequence > $2
         ORDER BY audit_events.sequence LIMIT $3`,
}

function toRow(stored: StoredRow): AuditRow {
  const { writer, sequence, at, event, result, details, previous, hash } = stored
  const row: AuditRow = { writer, sequence: Number(sequence), at, event, result, details, previous, hash }
  for (const field of ['reason', 'actor', 'subject', 'client', 'address', 'device', 'request'] as const) {
    const value = stored[field]
    if (value !== null) row[field] = value
  }
  return row
}
