/** Reads the environment once, reports every mistake at once, freezes. Nothing else reads the environment. */
import type { Keyring } from './keys/keys.ts'

export type Profile = 'demo' | 'test' | 'production' | 'conformance'

export type DatabaseConfig = { kind: 'embedded' } | { kind: 'postgres'; url: string }

export type RedisConfig =
  | { kind: 'standalone'; url: string }
  | { kind: 'sentinel'; sentinels: HostAndPort[]; name: string; url: string | null }
  | { kind: 'cluster'; nodes: HostAndPort[]; url: string | null }

export interface HostAndPort {
  host: string
  port: number
}

export interface Config {
  profile: Profile
  /** An origin, without a slash at its end; every address that we print or send is made from it. */
  issuer: string
  /** null: every loopback address (demo and test). */
  host: string | null
  port: number
  /** Absolute. */
  dataDir: string
  database: DatabaseConfig
  /** null: what expires is kept in PostgreSQL. */
  redis: RedisConfig | null
  /** CIDR ranges of the proxies whose forwarded headers count. */
  trustedProxies: readonly string[]
  /** Networks shared by many people (campus NAT): not capped by address. */
  campusNetworks: readonly string[]
  /** Private networks in which relying parties live: the only ones that outbound requests may reach. */
  outboundNetworks: readonly string[]
  cookieKeys: Keyring
  keyEncryptionKeys: Keyring
  passwordPeppers: Keyring
  documentHmacKeys: Keyring
  workers: number
  timeZone: string
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** Absolute; the clients of the school. */
  clientsFile: string
}
