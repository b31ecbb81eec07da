/** Who did what to whom, with which result: append-only, chained for each writer. It never holds a secret. */

export { type ActingTrail, createAuditTrail } from './trail.ts'
export { type Verification, verifyChain, verifyTrail } from './verify.ts'

export interface AuditEvent {
  /** `room.happening`, such as `sign-in.completed`. Stable: operators search for it. */
  event: string
  result: 'success' | 'refused' | 'error'
  /** A stable code, such as `wrong_password`. */
  reason?: string
  /** Who acted: `person:<uuid>`, `operator:<name>`, `client:<id>` or `system`. */
  actor?: string
  /** Whom it concerned: `person:<uuid>`, `client:<id>`. */
  subject?: string
  client?: string
  address?: string
  device?: string
  /** The request id that the log lines carry too. */
  request?: string
  /** A few plain facts. Values under a name that speaks of a secret or of personal data are removed. */
  details?: Record<string, string | number | boolean | null>
}

export interface AuditRow extends AuditEvent {
  writer: string
  sequence: number
  at: Date
  previous: Uint8Array
  hash: Uint8Array
}

export interface AuditTrail {
  /** Resolves when the row is committed; rejects when it is not: an act that leaves no trace must not happen. */
  record(event: AuditEvent): Promise<void>
  /**
   * Hands the row to the next batch and goes on. Never throws; what is dropped under overload is counted in a row.
   * `kind` is for what strangers can make happen without end: of all that is noted under one kind, the first is a row
   * at once, and the rest is one row a minute that says in `details.repeats` how often it happened again.
   */
  note(event: AuditEvent, kind?: string): void
  /** Newest first. */
  latest(filter: AuditFilter): Promise<AuditRow[]>
  /** Writes what waits; called on the way out. Where the log does not answer, it tries once. */
  flush(): Promise<void>
}

export interface AuditFilter {
  limit: number
  subject?: string
  event?: string
  /** Only what happened later than this. */
  after?: Date
}

/** Where rows go: the table itself, or the same table inside a transaction. */
export interface AuditLog {
  /** In one statement: all of them, or none. Rejects where a row of this writer and sequence stands already. */
  append(rows: readonly AuditRow[]): Promise<void>
  latest(filter: AuditFilter): Promise<AuditRow[]>
  /** Everyone who ever wrote. */
  writers(): Promise<string[]>
  /** One writer's rows in order, from the one after `after`. */
  chain(writer: string, after: number, limit: number): Promise<AuditRow[]>
}
