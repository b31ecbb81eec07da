/** Who did what to whom, with which result: append-only, chained for each writer. It never holds a secret. */

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
  /** Resolves when the row is committed. For everything that matters to security. */
  record(event: AuditEvent): Promise<void>
  /** Hands the row to the next batch and goes on. Never throws; rows dropped under overload are counted in a row of their own. */
  note(event: AuditEvent): void
  /** Newest first. */
  latest(filter: { limit: number; subject?: string; event?: string; after?: Date }): Promise<AuditRow[]>
  /** Writes what waits; called on the way out. */
  flush(): Promise<void>
}

/** Where rows go: the table itself, or the same table inside a transaction. */
export interface AuditLog {
  /** In one statement. */
  append(rows: readonly AuditRow[]): Promise<void>
  latest(filter: { limit: number; subject?: string; event?: string; after?: Date }): Promise<AuditRow[]>
}
