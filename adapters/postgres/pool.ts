/** The production database: a small pool of connections that sheds load instead of piling it up. */
import { type ClientConfig, Pool, type PoolClient } from 'pg'
import type { Logger } from 'pino'
import type { StoreWatch } from '../../src/metrics/metrics.ts'
import type { Database, LongTransaction, Statement } from './database.ts'
import { judge, unavailable } from './failures.ts'
import { openReadingLine, type ReadingLine } from './reading-line.ts'
import { createTurns } from './turns.ts'

/** Milliseconds. A call takes at most `call`: waiting for a connection counts. The rest is enforced by the server. */
const LIMITS = { call: 950, connection: 500, statement: 900, lock: 600, idleInTransaction: 5_000 }

const IDLE_SECONDS = 30
const CONNECTION_LIFETIME_SECONDS = 1_800
const KEEP_ALIVE_SECONDS = 10

/** Of all workers and the one that is being renewed, within what a PostgreSQL allows that nobody has tuned (100). */
const CONNECTIONS_OF_A_SERVER = 80
const CONNECTIONS_MAX = 10
const CONNECTIONS_MIN = 4

/** How many connections each of so many workers may open. */
export function connectionsEach(workers: number): number {
  const share = Math.floor(CONNECTIONS_OF_A_SERVER / (workers + 1))
  return Math.max(CONNECTIONS_MIN, Math.min(CONNECTIONS_MAX, share))
}

export interface PoolOptions {
  url: string
  log: Pick<Logger, 'warn'>
  /** Of all processes together no more than two to four for each core of the server. Of several one is for reading. */
  connectionsMax?: number
  /** More callers than these are refused at once. */
  waitingMax?: number
  watch?: StoreWatch
}

export interface PooledDatabase extends Database {
  /** Now; `waiting` are callers without one. */
  connections(): { busy: number; idle: number; waiting: number }
}

const UNWATCHED: StoreWatch = { call: (_operation, run) => run(), failed: () => undefined }

export function openPool(options: PoolOptions): PooledDatabase {
  const { url, log, connectionsMax = CONNECTIONS_MAX, waitingMax = 200, watch = UNWATCHED } = options
  const line = connectionsMax > 1 ? createLine(options, watch) : null
  const pool = createPool(url, line === null ? connectionsMax : connectionsMax - 1, log)

  async function connect(): Promise<PoolClient> {
    try {
      if (pool.waitingCount >= waitingMax) throw new Error(`${waitingMax} callers are waiting already`)
      return await pool.connect()
    } catch (error) {
      // Whatever hinders us from connecting, a wrong password included, is not the fault of the request.
      const away = unavailable(error)
      watch.failed(away)
      throw away
    }
  }

  function query<Row>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    const reading = statement.reads ? line?.read<Row>(statement, values) : null
    return reading ?? queryPool(statement, values)
  }

  async function queryPool<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    const asked = performance.now()
    const client = await connect()
    const session = createSession(client, watch)
    try {
      return await session.query(statement, values, LIMITS.call - (performance.now() - asked))
    } finally {
      client.release(session.isLost())
    }
  }

  async function inTransaction<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const client = await connect()
    const session = createSession(client, watch)
    try {
      await session.command('BEGIN')
      const result = await work(session)
      await commit(session)
      return result
    } catch (error) {
      if (!session.isLost()) await session.command('ROLLBACK').catch(() => undefined)
      throw error
    } finally {
      client.release(session.isLost())
    }
  }

  return {
    query,
    transaction: (work) => inTransaction((session) => lend(work, session, LIMITS.call)),
    longTransaction: (work) =>
      inTransaction(async (session) => {
        for (const limit of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) {
          await session.command(`SET LOCAL ${limit} = 0`)
        }
        return lend(work, session, null)
      }),
    ping: async () => {
      await query({ name: 'pool.ping', text: 'SELECT 1' })
    },
    connections: () => ({
      busy: pool.totalCount - pool.idleCount + (line?.connections().busy ?? 0),
      idle: pool.idleCount + (line?.connections().idle ?? 0),
      waiting: pool.waitingCount,
    }),
    close: async () => void (await Promise.all([line?.close(), pool.end()])),
  }
}

function connectionSettings(url: string): ClientConfig {
  return {
    connectionString: url,
    fallback_application_name: 'campus-id',
    connectionTimeoutMillis: LIMITS.connection,
    statement_timeout: LIMITS.statement,
    lock_timeout: LIMITS.lock,
    idle_in_transaction_session_timeout: LIMITS.idleInTransaction,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_SECONDS * 1000,
  }
}

function createLine({ url, log }: PoolOptions, watch: StoreWatch): ReadingLine {
  const settings = connectionSettings(url)
  return openReadingLine({ settings, log, watch, limit: LIMITS.call, lifetimeSeconds: CONNECTION_LIFETIME_SECONDS })
}

function createPool(url: string, connectionsMax: number, log: PoolOptions['log']): Pool {
  const pool = new Pool({
    ...connectionSettings(url),
    max: connectionsMax,
    idleTimeoutMillis: IDLE_SECONDS * 1000,
    maxLifetimeSeconds: CONNECTION_LIFETIME_SECONDS,
  })
  // Without a listener, a backend that dies ends this process: on an idle connection and on one that is in use.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => {
    client.on('error', (error) => log.warn({ err: error }, 'lost a connection to PostgreSQL'))
  })
  return pool
}

/** What is said on one connection, and whether that connection is still good. Limits are milliseconds; null is none. */
interface Session {
  query<Row>(statement: Statement, values: readonly unknown[], limit: number | null): Promise<Row[]>
  /** Answers the command that was carried out: COMMIT may turn into ROLLBACK. */
  command(text: string, limit?: number | null): Promise<string>
  isLost(): boolean
}

function createSession(client: PoolClient, watch: StoreWatch): Session {
  let lost = false
  /** One round trip. */
  function run<Result>(operation: string, ask: () => Promise<Result>): Promise<Result> {
    return watch.call(operation, async () => {
      try {
        return await ask()
      } catch (cause) {
        const { error, connectionLost } = judge(cause)
        lost ||= connectionLost
        throw error
      }
    })
  }
  return {
    async query<Row>({ name, text }: Statement, values: readonly unknown[], limit: number | null) {
      const asked = { name, text, values: [...values], query_timeout: Math.ceil(limit ?? 0) }
      const { rows } = await run(name, () => client.query<Row & Record<string, unknown>>(asked))
      return rows
    },
    async command(text, limit = LIMITS.call) {
      const asked = { text, query_timeout: limit ?? 0 }
      const { command } = await run(commandName(text), () => client.query(asked))
      return command
    },
    isLost: () => lost,
  }
}

/** `begin`, `commit`, `set`: the first word; of a migration's script there are too many. */
function commandName(text: string): string {
  const [, word] = /^(BEGIN|COMMIT|ROLLBACK|SET)\b[^;]*$/.exec(text) ?? []
  return word?.toLowerCase() ?? 'script'
}

/** Hands a transaction to `work` for as long as `work` runs, and runs its statements one after the other. */
async function lend<Result>(
  work: (transaction: LongTransaction) => Promise<Result>,
  session: Session,
  limit: number | null,
): Promise<Result> {
  const inTurn = createTurns({ waitMillisecondsMax: limit })
  let isOpen = true
  const whileOpen = <Answer>(ask: () => Promise<Answer>): Promise<Answer> =>
    isOpen ? inTurn(ask) : Promise.reject(new Error('this transaction has ended'))
  try {
    return await work({
      query: <Row>(statement: Statement, values: readonly unknown[] = []) =>
        whileOpen(() => session.query<Row>(statement, values, limit)),
      script: (text) => whileOpen(async () => void (await session.command(text, limit))),
    })
  } finally {
    isOpen = false
  }
}

/** COMMIT of a transaction in which a statement failed answers ROLLBACK: nobody may believe that it was kept. */
async function commit(session: Session) {
  const command = await session.command('COMMIT')
  if (command !== 'COMMIT') throw new Error('the transaction was rolled back: one of its statements had failed')
}
