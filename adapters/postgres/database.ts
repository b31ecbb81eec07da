/** What every store of this folder stands on: a pool of PostgreSQL connections, or PGlite in the embedded mode. */

/** Named, so that the server parses and plans it once a connection. The name is `<file>.<what>`. */
export interface Statement {
  name: string
  text: string
  /** It changes nothing and an index makes it quick, so that others may stand in line behind it (reading-line.ts). */
  reads?: true
}

export interface Queryable {
  query<Row>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>
}

/** A transaction without the limits of a request: migrations and operators' jobs may take minutes. */
export interface LongTransaction extends Queryable {
  /** Many statements at once, separated by semicolons, without parameters. */
  script(text: string): Promise<void>
}

/**
 * Each call is bounded in time. A failure to reach the database, or to be served in time, rejects with an `Unavailable`
 * (src/errors.ts); whether a write took place is then unknown, and nothing is sent a second time. No error carries the
 * values of a statement: they are people's data, and errors are logged.
 */
export interface Database extends Queryable {
  /**
   * One connection, BEGIN … COMMIT; a rejection of `work` rolls back and is passed on. Statements run in the order of
   * asking, also when they are asked for at once. A statement that failed cannot be ignored: COMMIT then rejects.
   */
  transaction<Result>(work: (transaction: Queryable) => Promise<Result>): Promise<Result>
  longTransaction<Result>(work: (transaction: LongTransaction) => Promise<Result>): Promise<Result>
  ping(): Promise<void>
  close(): Promise<void>
}
