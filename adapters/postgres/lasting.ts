/** Everything that lasts, taken as a whole: whatever tables there are, so that a new one needs no word here. */
import type { LastingData, Restoration, Snapshot } from '../../src/backup/backup.ts'
import { createAuditLog } from './audit.ts'
import type { Database, LongTransaction, Queryable, Statement } from './database.ts'
import { appliedSteps, knownSteps, migrateInside } from './migrate.ts'
import { createNotBeforeStore } from './not-before.ts'

/**
 * What expires, or is of these very processes. Left out of a backup; a restore empties those that expire, or a relying
 * party would be told once more what it was told long ago.
 */
const EXPIRING = ['expiring', 'expiring_indexes', 'logout_deliveries']
const PASSING = [...EXPIRING, 'expiring_marks', 'migrations', 'changes', 'leases']
/** A trigger forbids to remove rows: a restore adds to what stands. The primary key is `(writer, sequence)`. */
const APPEND_ONLY = ['audit_events']
/** Filled by a migration: that rows stand there does not say that a school has begun. A restore replaces them. */
const FILLED_FROM_THE_START = ['person_types']

const ROWS_AT_ONCE = 500

interface Table {
  name: string
  columns: string[]
  /** Tables that it refers to. */
  refersTo: string[]
  /** Sequences that count its columns, by column. */
  counters: Record<string, string>
}

export function createLastingData(database: Database, { folder }: { folder: string }): LastingData {
  return {
    snapshot: (work) =>
      database.longTransaction(async (transaction) => {
        await transaction.script('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY')
        return work(createSnapshot(transaction))
      }),
    restoration: (work) => database.longTransaction((transaction) => work(createRestoration(transaction, folder))),
    knownSteps: () => knownSteps(folder),
    appliedSteps: () => appliedSteps(database),
    others: () => others(database),
  }
}

function createSnapshot(transaction: LongTransaction): Snapshot {
  return {
    steps: () => appliedSteps(transaction),
    tables: async () => (await keptTables(transaction)).map(({ name }) => name),
    rows: (table) => rowsOf(transaction, table),
    newestAudit: async () => {
      const text = 'SELECT max(at) AS at FROM audit_events'
      const [row] = await transaction.query<{ at: Date | null }>({ name: 'lasting.newest-audit', text })
      return row?.at ?? null
    },
  }
}

/** jsonb is printed in one line; every type of PostgreSQL reads back what it prints there. */
async function* rowsOf(transaction: LongTransaction, table: string): AsyncGenerator<string[]> {
  await transaction.script(
    `DECLARE kept NO SCROLL CURSOR FOR SELECT to_jsonb(kept_row)::text AS row FROM ${quoted(table)} AS kept_row`,
  )
  for (;;) {
    const text = `FETCH ${ROWS_AT_ONCE} FROM kept`
    const rows = await transaction.query<{ row: string }>({ name: `lasting.fetch-${table}`, text })
    if (rows.length === 0) break
    yield rows.map(({ row }) => row)
  }
  await transaction.script('CLOSE kept')
}

function createRestoration(transaction: LongTransaction, folder: string): Restoration {
  let tables: Table[] = []
  return {
    migrate: (files) => migrateInside(transaction, folder, files),
    occupied: async () => {
      tables = await keptTables(transaction)
      const names = tables.map(({ name }) => quoted(name))
      if (names.length > 0) await transaction.script(`LOCK TABLE ${names.join(', ')} IN ACCESS EXCLUSIVE MODE`)
      const occupied: string[] = []
      const telling = tables.filter(({ name }) => !FILLED_FROM_THE_START.includes(name))
      for (const { name } of telling) if (await hasRows(transaction, name)) occupied.push(name)
      return occupied
    },
    clear: async () => {
      const removable = tables.map(({ name }) => name).filter((name) => !APPEND_ONLY.includes(name))
      // A schema that is brought forward later does not have all of them yet.
      const standing = (await transaction.query<Table>(TABLES)).map(({ name }) => name)
      const expiring = EXPIRING.filter((name) => standing.includes(name))
      await transaction.script(`TRUNCATE ${[...removable, ...expiring].map(quoted).join(', ')}`)
    },
    insert: async (name, rows) => {
      const table = tables.find((it) => it.name === name)
      if (!table) throw new Error(`the backup has a table ${name}, which this schema does not know`)
      const values = [`[${rows.join(',')}]`]
      await transaction.query(insertionInto(table), values)
      if (APPEND_ONLY.includes(name)) await expectTheSame(transaction, name, values)
    },
    finish: async () => {
      for (const { name, counters } of tables) {
        for (const [column, sequence] of Object.entries(counters)) {
          const last = `SELECT setval('${sequence}', max(${quoted(column)})) FROM ${quoted(name)}`
          await transaction.script(`${last} HAVING max(${quoted(column)}) IS NOT NULL`)
        }
      }
    },
    now: async () => {
      const [row] = await transaction.query<{ now: Date }>({
        name: 'lasting.now',
        text: 'SELECT clock_timestamp() AS now',
      })
      if (!row) throw new Error('a query without FROM answered no row')
      return row.now
    },
    notBefore: createNotBeforeStore(transaction),
    auditLog: createAuditLog(transaction),
  }
}

function insertionInto({ name, columns }: Table): Statement {
  const list = columns.map(quoted).join(', ')
  const already = APPEND_ONLY.includes(name) ? 'ON CONFLICT DO NOTHING' : ''
  return {
    name: `lasting.insert-${name}`,
    text: `INSERT INTO ${quoted(name)} (${list}) OVERRIDING SYSTEM VALUE
      SELECT ${list} FROM json_populate_recordset(NULL::${quoted(name)}, $1::json) ${already}`,
  }
}

async function expectTheSame(transaction: Queryable, name: string, values: readonly unknown[]): Promise<void> {
  const text = `SELECT saved.writer, saved.sequence::text AS sequence
    FROM json_populate_recordset(NULL::${quoted(name)}, $1::json) AS saved
    JOIN ${quoted(name)} AS standing USING (writer, sequence)
    WHERE saved.hash <> standing.hash LIMIT 1`
  const [other] = await transaction.query<{ writer: string; sequence: string }>(
    { name: `lasting.same-${name}`, text },
    values,
  )
  if (other) throw new Error(`another row stands in place of row ${other.sequence} of writer ${other.writer} (${name})`)
}

async function hasRows(transaction: Queryable, table: string): Promise<boolean> {
  const text = `SELECT EXISTS (SELECT FROM ${quoted(table)}) AS found`
  const [row] = await transaction.query<{ found: boolean }>({ name: `lasting.occupied-${table}`, text })
  return row?.found === true
}

/** The partitions of a table are that table. A generated column is made anew. */
const TABLES: Statement = {
  name: 'lasting.tables',
  text: `SELECT class.relname::text AS name,
      to_jsonb(ARRAY(SELECT attname::text FROM pg_attribute
        WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
        ORDER BY attnum)) AS columns,
      to_jsonb(ARRAY(SELECT DISTINCT other.relname::text FROM pg_constraint
        JOIN pg_class AS other ON other.oid = confrelid
        WHERE conrelid = class.oid AND contype = 'f' AND confrelid <> conrelid)) AS "refersTo",
      (SELECT coalesce(jsonb_object_agg(attname, sequence), '{}') FROM (
        SELECT attname, pg_get_serial_sequence(quote_ident(class.relname), attname) AS sequence FROM pg_attribute
        WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped) AS counted
        WHERE sequence IS NOT NULL) AS counters
    FROM pg_class AS class
    WHERE class.relnamespace = current_schema()::regnamespace
      AND class.relkind IN ('r', 'p') AND NOT class.relispartition
    ORDER BY class.relname`,
}

async function keptTables(queryable: Queryable): Promise<Table[]> {
  const all = await queryable.query<Table>(TABLES)
  const left = new Map(all.filter(({ name }) => !PASSING.includes(name)).map((table) => [table.name, table]))
  const ordered: Table[] = []
  while (left.size > 0) {
    const free = [...left.values()].filter(({ refersTo }) => refersTo.every((name) => !left.has(name)))
    if (free.length === 0) throw new Error(`tables refer to each other in a circle: ${[...left.keys()].join(', ')}`)
    for (const table of free) left.delete(table.name)
    ordered.push(...free)
  }
  return ordered
}

/** A server shows under its own name to whoever signs in to PostgreSQL as the same role. */
async function others(database: Queryable): Promise<number> {
  const [row] = await database.query<{ count: number }>({
    name: 'lasting.others',
    text: `SELECT count(*)::integer AS count FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'campus-id' AND pid <> pg_backend_pid()`,
  })
  return row?.count ?? 0
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
