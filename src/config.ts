/** Reads the environment once, reports every mistake at once, freezes. Nothing else reads the environment. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { collectVariables } from './config-environment.ts'
import { contradictions, PROFILES, sharedSecrets, warningsAbout } from './config-rules.ts'
import { protectedAddress } from './config-secrets.ts'
import {
  DATA_DIR_DEFAULT,
  METRICS_PORT_DEFAULT,
  SECRET_VARIABLES,
  type SecretVariable,
  type Variables,
  variablesFor,
} from './config-variables.ts'
import type { Keyring } from './keys/keys.ts'

export type Profile = 'demo' | 'test' | 'production' | 'conformance'

export type DatabaseConfig = { kind: 'embedded' } | { kind: 'postgres'; url: string }

export type RedisConfig = RedisPlace & {
  /** How many replicas must have what decides something before it counts; 0: the primary's word is enough. */
  waitReplicas: number
}

type RedisPlace =
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
  /** Behind the @ of eduPerson's values; null: none is said. */
  schoolDomain: string | null
  keyEncryptionKeys: Keyring
  passwordPeppers: Keyring
  /** `argon2` is the fallback for machines on which `@node-rs/argon2` does not work; what either wrote, both read. */
  passwordHasher: 'node-rs' | 'argon2'
  documentHmacKeys: Keyring
  /** After how many days a signing key is followed by the next; 0: when an operator says so. */
  keyRotationDays: number
  /** The same for the keys that sign cookies. */
  cookieKeyRotationDays: number
  /** Processes that serve; with several, or outside the demo, another one supervises them. */
  workers: number
  timeZone: string
  /** Where Prometheus may ask; null: nowhere. */
  metrics: HostAndPort | null
  /** Where spans go (OTLP over HTTP), and of how many requests, from 0 to 1; null: nothing is traced. */
  tracing: { endpoint: string; ratio: number } | null
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** Absolute; the clients of the school. */
  clientsFile: string
}

export type Environment = Readonly<Record<string, string | undefined>>

/** What is wrong with one variable: never the value that was found, which may be a secret. */
export interface ConfigMistake {
  variable: string
  expected: string
}

export class ConfigError extends Error {
  readonly mistakes: readonly ConfigMistake[]

  constructor(mistakes: readonly ConfigMistake[]) {
    const lines = new Map(mistakes.map((mistake) => [`${mistake.variable}: ${mistake.expected}`, mistake]))
    super(`The configuration has mistakes:\n${[...lines.keys()].map((line) => `  ${line}`).join('\n')}`)
    this.name = 'ConfigError'
    this.mistakes = [...lines.values()]
  }
}

export interface ConfigSources {
  /** Relative paths start here. */
  root: string
  /** Such as `24.1.0`. */
  nodeVersion: string
  /** That this process may use, a quota of its container considered. */
  cores: number
  /** The text of a `*_FILE`; throws when it cannot be read. */
  readFile(path: string): string
  /** The secrets that the demo keeps in its data folder, made at the first call. Other profiles never ask for them. */
  generatedSecrets(dataDir: string, names: readonly SecretVariable[]): Readonly<Record<string, string>>
}

export interface ConfigReading {
  config: Config
  /** Sentences for the operator; the server runs nevertheless. */
  warnings: readonly string[]
}

/** Reads the process's own environment. Throws ConfigError. */
export function loadConfig(sources: Pick<ConfigSources, 'root' | 'generatedSecrets'>): ConfigReading {
  const readFile = (path: string) => readFileSync(path, 'utf8')
  const cores = availableParallelism()
  return readConfig(process.env, { ...sources, readFile, cores, nodeVersion: process.versions.node })
}

/** The place of this process among the workers of a server; null where it is the whole server, or the supervisor. */
export function workerNumber(): number | null {
  const number = process.env[WORKER_NUMBER]
  return number === undefined ? null : Number(number)
}

/** What the supervisor tells the workers that it starts, as it tells nobody else. */
export const WORKER_NUMBER = 'CAMPUS_ID_WORKER_NUMBER'

/** The demo is one process, which owns its database. */
export function isSupervised({ profile, database }: Pick<Config, 'profile' | 'database'>): boolean {
  return profile !== 'demo' && database.kind === 'postgres'
}

/** For what is named in a file: a client's secret may be a variable of the operator's choosing. */
export function processEnvironment(): Environment {
  return process.env
}

/** Throws ConfigError, which lists every mistake at once. */
export function readConfig(environment: Environment, sources: ConfigSources): ConfigReading {
  const { given, mistakes } = collectVariables(environment, sources)
  const profile = profileOf(given)
  const schema = variablesFor(profile ?? 'production', sources)
  const parsed = schema.safeParse(profile === 'demo' ? withGeneratedSecrets(given, sources) : given)
  for (const issue of parsed.error?.issues ?? []) {
    const variable = String(issue.path[0])
    // What could not be read from its file is not missing as well.
    if (given[`${variable}_FILE`] === undefined || given[variable] !== undefined) {
      mistakes.push({ variable, expected: issue.message })
    }
  }
  mistakes.push(...contradictions(profile, given, environment, sources.nodeVersion))
  if (parsed.success) mistakes.push(...sharedSecrets(parsed.data))
  if (!parsed.success || profile === null || mistakes.length > 0) throw new ConfigError(mistakes)
  const config = shape(profile, parsed.data)
  return { config, warnings: warningsAbout(environment) }
}

/** null when it is none of ours: the rest is then held to the rules of production. */
function profileOf(given: Environment): Profile | null {
  const name = given['PROFILE']
  if (name === undefined) return (given['DATABASE_URL'] ?? given['DATABASE_URL_FILE']) ? 'production' : 'demo'
  return PROFILES.find((profile) => profile === name) ?? null
}

function withGeneratedSecrets(given: Environment, { root, generatedSecrets }: ConfigSources): Environment {
  if (SECRET_VARIABLES.every((name) => given[name] !== undefined)) return given
  const dataDir = resolve(root, given['DATA_DIR'] ?? DATA_DIR_DEFAULT)
  return { ...generatedSecrets(dataDir, SECRET_VARIABLES), ...given }
}

function shape(profile: Profile, variables: Variables): Config {
  const { DATABASE_URL: databaseUrl } = variables
  return deepFreeze({
    profile,
    issuer: variables.ISSUER ?? `http://localhost:${variables.PORT}`,
    host: variables.HOST ?? (profile === 'demo' || profile === 'test' ? null : '0.0.0.0'),
    port: variables.PORT,
    dataDir: variables.DATA_DIR,
    database:
      databaseUrl === undefined
        ? { kind: 'embedded' }
        : protectedAddress<DatabaseConfig>({ kind: 'postgres', url: databaseUrl }),
    redis: redisShape(variables),
    trustedProxies: variables.TRUSTED_PROXIES,
    campusNetworks: variables.CAMPUS_NETWORKS,
    outboundNetworks: variables.OUTBOUND_NETWORKS,
    schoolDomain: variables.SCHOOL_DOMAIN ?? (profile === 'demo' ? 'campus.example' : null),
    keyEncryptionKeys: variables.KEY_ENCRYPTION_KEY,
    passwordPeppers: variables.PASSWORD_PEPPER,
    passwordHasher: variables.PASSWORD_HASHER,
    documentHmacKeys: variables.DOCUMENT_HMAC_KEY,
    keyRotationDays: variables.KEY_ROTATION_DAYS,
    cookieKeyRotationDays: variables.COOKIE_KEY_ROTATION_DAYS,
    workers: variables.WORKERS,
    timeZone: variables.TIME_ZONE,
    metrics: metricsShape(profile, variables),
    tracing:
      variables.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? null
        : { endpoint: variables.OTEL_EXPORTER_OTLP_ENDPOINT, ratio: variables.OTEL_TRACES_SAMPLER_ARG },
    logLevel: variables.LOG_LEVEL,
    clientsFile: variables.CLIENTS_FILE,
  })
}

/** The demo is to be tried beside anything else that runs: it opens this port only when it is asked to. */
function metricsShape(profile: Profile, { METRICS_PORT: given, METRICS_HOST: host }: Variables): HostAndPort | null {
  const port = given ?? (profile === 'demo' ? 'off' : METRICS_PORT_DEFAULT)
  return port === 'off' ? null : { host, port }
}

/**
 * Beside sentinels or a cluster, REDIS_URL says with which user, password and encryption to connect. There another
 * server may take over, so by default one replica must have what decides something; a server alone has nobody to ask.
 */
function redisShape(variables: Variables): RedisConfig | null {
  const { REDIS_URL: url, REDIS_SENTINELS: sentinels, REDIS_CLUSTER: nodes, REDIS_WAIT_REPLICAS: replicas } = variables
  const place = (found: RedisPlace) => {
    const waitReplicas = replicas ?? (found.kind === 'standalone' ? 0 : 1)
    return protectedAddress<RedisConfig>({ ...found, waitReplicas })
  }
  if (nodes !== undefined) return place({ kind: 'cluster', nodes, url: url ?? null })
  if (sentinels !== undefined) {
    return place({ kind: 'sentinel', sentinels, name: variables.REDIS_SENTINEL_NAME ?? '', url: url ?? null })
  }
  return url === undefined ? null : place({ kind: 'standalone', url })
}

/** All but the bytes of secrets, which the language cannot freeze. */
function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
