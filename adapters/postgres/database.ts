/** What every store of this folder stands on: a pool of PostgreSQL connections, or PGlite in the embedded mode. */

/** Named, so that the server parses and plans it once a connection. The name is `<file>.<what>`. */
export interface Statement {
  name: string
  text: string
}

export interface Queryable {
  query<Row>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>
}

export interface Database extends Queryable {
  /** One connection, BEGIN … COMMIT; a rejection of `work` rolls back and is passed on. */
  transaction<Result>(work: (transaction: Queryable) => Promise<Result>): Promise<Result>
  ping(): Promise<void>
  close(): Promise<void>
}
