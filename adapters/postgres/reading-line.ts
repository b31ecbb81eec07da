/**
 * One connection on which reads follow one another without waiting for the replies before them: a trip costs a fraction
 * of what it costs through the pool. Where the line stands still (a reading waits for a lock, the server is away) it
 * takes nobody more, and the pool serves as it would without one.
 */
import { Client, type ClientConfig } from 'pg'
import type { Logger } from 'pino'
import type { StoreWatch } from '../../src/metrics/metrics.ts'
import type { Statement } from './database.ts'
import { judge } from './failures.ts'

/** Of those before us none was answered for so long: whoever comes now is served sooner elsewhere. */
const STANDSTILL_MILLISECONDS = 50
const READING_MAX = 200
const TRY_AGAIN_MILLISECONDS = 250

export interface LineOptions {
  /** As for the pool: with limits that the server keeps. */
  settings: ClientConfig
  log: Pick<Logger, 'warn'>
  watch: StoreWatch
  /** Milliseconds that a reading may take. Past it the connection is given up, with all that wait on it. */
  limit: number
  lifetimeSeconds: number
}

export interface ReadingLine {
  /** null where another way serves sooner. A line that has no connection begins to connect. */
  read<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> | null
  connections(): { busy: number; idle: number }
  /** What is being read is answered first. */
  close(): Promise<void>
}

interface Connection {
  client: Client
  openedAt: number
  reading: number
  /** When the last reply came, or the first of those began who wait now. */
  movedAt: number
  /**
   * Names of statements. The driver takes one for prepared once it has asked for it; where that fails (a lock), whoever
   * came behind would name a statement that is not there. So the first goes alone.
   */
  prepared: Set<string>
  preparing: Set<string>
}

export function openReadingLine({ settings, log, watch, limit, lifetimeSeconds }: LineOptions): ReadingLine {
  let present: Connection | null = null
  let connecting: Promise<void> | null = null
  let triedAt = Number.NEGATIVE_INFINITY
  let isClosed = false

  async function connect(): Promise<void> {
    const opened = blank(new Client({ ...settings, pipeline: true, query_timeout: limit }))
    const { client } = opened
    // Without a listener, a backend that dies ends this process.
    client.on('error', (error) => {
      if (present === opened) log.warn({ err: error }, 'lost a connection to PostgreSQL')
      retire(opened)
    })
    try {
      await client.connect()
      if (isClosed) await client.end()
      else present = opened
    } catch {
      // The pool will say what is the matter, to whoever asks it.
      void client.end().catch(() => undefined)
    }
  }

  /** Takes nobody more; what is on its way is answered, or fails with the connection. */
  function retire(connection: Connection): void {
    if (present !== connection) return
    present = null
    void connection.client.end().catch(() => undefined)
  }

  function openSoon(now: number): void {
    if (isClosed || connecting !== null || now - triedAt < TRY_AGAIN_MILLISECONDS) return
    triedAt = now
    connecting = connect().finally(() => {
      connecting = null
    })
  }

  return {
    read<Row>(statement: Statement, values: readonly unknown[]) {
      const now = performance.now()
      if (present !== null && now - present.openedAt > lifetimeSeconds * 1_000) retire(present)
      if (present === null) openSoon(now)
      const connection = present
      if (connection === null || !takes(connection, statement, now)) return null
      return watch.call(statement.name, () => ask<Row>(connection, statement, values, { retire }))
    },
    connections: () => ({
      busy: present !== null && present.reading > 0 ? 1 : 0,
      idle: present !== null && present.reading === 0 ? 1 : 0,
    }),
    async close() {
      isClosed = true
      await connecting
      const last = present
      if (last === null) return
      const answered = last.reading === 0 ? null : drained(last.client)
      retire(last)
      await answered
    },
  }
}

function blank(client: Client): Connection {
  const now = performance.now()
  return { client, openedAt: now, reading: 0, movedAt: now, prepared: new Set(), preparing: new Set() }
}

function takes({ reading, movedAt, preparing }: Connection, { name }: Statement, now: number): boolean {
  const moves = reading === 0 || now - movedAt < STANDSTILL_MILLISECONDS
  return moves && reading < READING_MAX && !preparing.has(name)
}

async function ask<Row>(
  connection: Connection,
  statement: Statement,
  values: readonly unknown[],
  { retire }: { retire(connection: Connection): void },
): Promise<Row[]> {
  const { client, prepared, preparing } = connection
  const { name } = statement
  if (connection.reading === 0) connection.movedAt = performance.now()
  connection.reading += 1
  if (!prepared.has(name)) preparing.add(name)
  try {
    const rows = await send<Row>(client, statement, values)
    prepared.add(name)
    return rows
  } catch (cause) {
    const { error, connectionLost } = judge(cause)
    if (connectionLost) retire(connection)
    throw error
  } finally {
    preparing.delete(name)
    connection.reading -= 1
    connection.movedAt = performance.now()
  }
}

function drained(client: Client): Promise<void> {
  return new Promise((resolve) => {
    client.once('drain', () => resolve())
    client.once('end', () => resolve())
  })
}

/** With a callback the driver makes no promise and no second stack of its own. */
function send<Row>(client: Client, { name, text }: Statement, values: readonly unknown[]): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const asked = { name, text, values: [...values] }
    void client.query<Row & Record<string, unknown>>(asked, (error: Error | null, result) => {
      if (error) reject(error)
      else resolve(result.rows)
    })
  })
}
