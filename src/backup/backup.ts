/**
 * All that lasts, in one file, and back from it. What expires is never in it: sessions and tokens are begun anew, and
 * whatever a surviving Redis still holds is refused from the moment of a restore (src/gate).
 */
import type { AuditLog } from '../audit/audit.ts'
import type { NotBeforeStore } from '../gate/gate.ts'

export { BACKUP_BROKEN, BACKUP_REFUSED, type Manifest } from './backup-format.ts'
export { type Restored, type RestoreNeeds, restoreBackup } from './restore-backup.ts'
export { type Saved, writeBackup } from './write-backup.ts'

/** One migration, as it was applied. */
export interface SchemaStep {
  /** `0001-foundation` */
  name: string
  /** SHA-256 of its text, in hex. */
  checksum: string
}

/** The database at one moment, however long it takes to read it. */
export interface Snapshot {
  /** In the order in which they were applied. */
  steps(): Promise<SchemaStep[]>
  /** What is kept, each table behind those that it refers to. */
  tables(): Promise<string[]>
  /** Each row is a JSON object without a line feed; some hundreds at a time. */
  rows(table: string): AsyncIterable<string[]>
  /** When the newest row of the audit happened. */
  newestAudit(): Promise<Date | null>
}

/** One transaction. */
export interface Restoration {
  /** Applies what is missing of the first so many steps; of all, where nothing is said. */
  migrate(steps?: number): Promise<void>
  /** The names of tables that have rows. From now on nobody else reads or writes any. */
  occupied(): Promise<string[]>
  /** Removes every row, those of what expires too, but none of the audit: nobody can. */
  clear(): Promise<void>
  /** Rows of the audit that stand already are passed over; rejects where one stands there that is another. */
  insert(table: string, rows: readonly string[]): Promise<void>
  /** What counts its rows by itself goes on behind those that were inserted. */
  finish(): Promise<void>
  /** By the clock of the database. */
  now(): Promise<Date>
  notBefore: Pick<NotBeforeStore, 'set'>
  auditLog: AuditLog
}

/** Everything that lasts, taken as a whole. */
export interface LastingData {
  snapshot<Result>(work: (snapshot: Snapshot) => Promise<Result>): Promise<Result>
  restoration<Result>(work: (restoration: Restoration) => Promise<Result>): Promise<Result>
  /** All that this version knows. */
  knownSteps(): Promise<SchemaStep[]>
  appliedSteps(): Promise<SchemaStep[]>
  /** How many others of our programs are connected to the database. */
  others(): Promise<number>
}
