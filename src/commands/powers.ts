import type { AuditLog } from '../audit/audit.ts'
import type { LastingData, RestoreNeeds } from '../backup/backup.ts'
import type { Campus } from '../campus.ts'
import type { Config, ConfigReading, Environment } from '../config.ts'
import type { KeyConcern } from '../keys/keys.ts'

/** What commands may ask of the house. */
export type CommandCampus = Pick<
  Campus,
  | 'config'
  | 'clock'
  | 'random'
  | 'people'
  | 'codes'
  | 'credentials'
  | 'clients'
  | 'resourceServers'
  | 'registrationTokens'
  | 'keys'
  | 'logoutDeliveries'
  | 'notBefore'
  | 'expiring'
  | 'changes'
  | 'audit'
  | 'hasher'
  | 'transaction'
>

/**
 * What the composition root lends to commands: opened when a command asks, closed by whoever lends it. A running server
 * lends what it has open.
 */
export interface Powers {
  /** Of Campus ID, such as 0.1.0. */
  version: string
  campus(): Promise<CommandCampus>
  auditLog(): Promise<Pick<AuditLog, 'writers' | 'chain'>>
  migrations(): Promise<Migrations>
  lasting(): Promise<LastingData>
  /** Opened without migrating. Rejects inside of a running server. */
  restoring(): Promise<RestoreNeeds>
  examination: Examination
  /** Runs the server, and answers when it has stopped. */
  serve(): Promise<void>
  /** Where the secrets of clients may be named. */
  environment: Environment
  /** Resolves after that time, or as soon as the signal is aborted. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>
}

export interface Migrations {
  /** In the order in which `apply` applies them. */
  pending(): Promise<string[]>
  apply(): Promise<string[]>
}

/** What `doctor` looks at. Each rejects where it finds nobody. */
export interface Examination {
  nodeVersion: string
  /** Throws ConfigError. */
  configuration(): ConfigReading
  /** Permission bits; null where there is nothing. */
  dataFolder(config: Config): Promise<{ mode: number; secretModes: Record<string, number> } | null>
  /** null where the first start has not made it yet. */
  database(config: Config): Promise<DatabaseState | null>
  /** Not asked for where there is no Redis. */
  redis(config: Config): Promise<{ version: string; policy: string; replicas: number }>
  /** The issuer that the discovery document at the public address names. */
  discoveredIssuer(config: Config): Promise<string>
}

export interface DatabaseState {
  /** Such as 150006 for 15.6. */
  version: number
  /** What its clock was ahead of ours; below zero where it was behind. */
  aheadMilliseconds: number
  pendingMigrations: string[]
  /** null where there is no key yet. */
  keys: readonly KeyConcern[] | null
}
