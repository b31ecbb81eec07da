import type { Logger } from 'pino'
import type { AuditTrail } from './audit/audit.ts'
import type { Changes } from './changes/changes.ts'
import type { ClientStore, ResourceServerStore } from './clients/clients.ts'
import type { Config } from './config.ts'
import type { ConsentStore } from './consents/consents.ts'
import type { CredentialStore } from './credentials/credentials.ts'
import type { ExpiringStore } from './expiring/expiring.ts'
import type { NotBeforeStore } from './gate/gate.ts'
import type { Keyrings, KeyStore } from './keys/keys.ts'
import type { Leases } from './leases/leases.ts'
import type { LogoutDeliveryStore } from './logout-deliveries/logout-deliveries.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { Oidc } from './oidc/oidc.ts'
import type { PasswordHasher } from './passwords/passwords.ts'
import type { CodeStore, PeopleStore } from './people/people.ts'
import type { RegistrationTokenStore } from './registration/registration.ts'
import type { SubjectStore } from './subjects/subjects.ts'
import type { Tracing } from './tracing/tracing.ts'

/** The time, as an argument: tests hand in their own. */
export type Clock = () => Date

/** Unpredictable values, as an argument. Backed by node:crypto in the composition roots. */
export interface Randomness {
  /** That many random bytes, base64url without padding. */
  token(bytes: number): string
  uuid(): string
}

/** To be called back once, after so many milliseconds; answers how to call it off. It keeps no process alive. */
export type Timer = (milliseconds: number, act: () => void) => () => void

/** What lasts, in PostgreSQL. Inside `Campus.transaction` the same stores stand on one transaction. */
export interface Stores {
  people: PeopleStore
  codes: CodeStore
  credentials: CredentialStore
  clients: ClientStore
  resourceServers: ResourceServerStore
  consents: ConsentStore
  subjects: SubjectStore
  keys: KeyStore
  notBefore: NotBeforeStore
  logoutDeliveries: LogoutDeliveryStore
  registrationTokens: RegistrationTokenStore
  audit: AuditTrail
  leases: Leases
}

/** Everything that a room may ask for. Built once in a composition root; a room takes only its Pick of it. */
export interface Campus extends Stores {
  config: Config
  clock: Clock
  random: Randomness
  log: Logger
  expiring: ExpiringStore
  hasher: PasswordHasher
  metrics: Metrics
  tracing: Tracing
  keyrings: Keyrings
  oidc: Oidc
  /** What other processes have changed of the things that this one keeps in memory. */
  changes: Changes
  /** Runs `work` on stores that share one transaction: all of it is kept, or none. */
  transaction<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result>
}
