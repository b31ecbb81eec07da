import { isIP } from 'node:net'
import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import type { Config, ConfigSources, HostAndPort, Profile } from './config.ts'
import { keyringSchema } from './config-secrets.ts'

/** Every variable that we read, with its parser, whose message says what is expected and never what was found. */
export function variablesFor(profile: Profile, { root, cores }: Pick<ConfigSources, 'root' | 'cores'>) {
  const strict = profile !== 'demo'
  const path = z.string().transform((text) => resolve(root, text))
  return z.object({
    PORT: z
      .string()
      .default(PORT_DEFAULT)
      .transform(wholeNumber(1, profile === 'demo' ? 65_533 : 65_535)),
    HOST: z.string().optional().transform(host),
    ISSUER: issuer(profile),
    DATA_DIR: path.prefault(DATA_DIR_DEFAULT),
    DATABASE_URL: serverUrl(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/database').optional(),
    REDIS_URL: serverUrl(['redis:', 'rediss:'], 'redis://host:6379 or rediss://host:6379').optional(),
    REDIS_SENTINELS: hostsAndPorts.optional(),
    REDIS_SENTINEL_NAME: z.string().optional(),
    REDIS_CLUSTER: hostsAndPorts.optional(),
    REDIS_WAIT_REPLICAS: z.string().transform(wholeNumber(0, 5)).optional(),
    TRUSTED_PROXIES: networks.prefault(''),
    CAMPUS_NETWORKS: networks.prefault(''),
    OUTBOUND_NETWORKS: networks.prefault(profile === 'demo' ? '127.0.0.0/8,::1/128' : ''),
    KEY_ENCRYPTION_KEY: keyringSchema(strict),
    PASSWORD_PEPPER: keyringSchema(strict),
    DOCUMENT_HMAC_KEY: keyringSchema(strict),
    KEY_ROTATION_DAYS: z.string().default('90').transform(wholeNumber(0, ROTATION_DAYS_MAX)),
    COOKIE_KEY_ROTATION_DAYS: z.string().default('90').transform(wholeNumber(0, ROTATION_DAYS_MAX)),
    PASSWORD_HASHER: z.enum(PASSWORD_HASHERS, `one of ${PASSWORD_HASHERS.join(', ')}`).default('node-rs'),
    METRICS_PORT: z.string().transform(metricsPort).optional(),
    METRICS_HOST: z.string().default('127.0.0.1').refine(isListeningAddress, LISTENING_ADDRESS),
    OTEL_EXPORTER_OTLP_ENDPOINT: z.string().refine(isCollector, COLLECTOR).optional(),
    OTEL_TRACES_SAMPLER_ARG: z.string().default('1').transform(ratio),
    WORKERS: z
      .string()
      .default(strict ? String(Math.min(cores, WORKERS_MAX)) : '1')
      .transform(wholeNumber(1, WORKERS_MAX)),
    SCHOOL_DOMAIN: z.string().regex(DOMAIN, 'the domain of the school, such as example.edu.cn').optional(),
    TIME_ZONE: z.string().default('Asia/Shanghai').refine(isTimeZone, 'an IANA time zone, such as Asia/Shanghai'),
    LOG_LEVEL: z.enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`).default('info'),
    CLIENTS_FILE: path.prefault('clients.json'),
  })
}

export const SECRET_VARIABLES = ['KEY_ENCRYPTION_KEY', 'PASSWORD_PEPPER', 'DOCUMENT_HMAC_KEY'] as const

export type SecretVariable = (typeof SECRET_VARIABLES)[number]

/** Where exporters of OpenTelemetry's Prometheus format listen by custom. */
export const METRICS_PORT_DEFAULT = 9_464

export const PORT_DEFAULT = '3000'
/** More than these on one machine would ask for more connections than PostgreSQL has. */
const WORKERS_MAX = 64

/** A key that signs for longer is one of which nobody knows any more how to change it. */
const ROTATION_DAYS_MAX = 730

export const DATA_DIR_DEFAULT = './data'

export type Variables = z.output<ReturnType<typeof variablesFor>>

/** Lower case: relying parties compare it as it stands. */
const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/

export const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

const LISTENING_ADDRESS = 'an IP address to listen on, or localhost'
const COLLECTOR = 'the http or https address of a collector, such as http://127.0.0.1:4318'

const PASSWORD_HASHERS = ['node-rs', 'argon2'] as const satisfies Config['passwordHasher'][]

const LOG_LEVELS = [
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
] as const satisfies Config['logLevel'][]

/** The part of zod's context that our parsers use. */
interface Context {
  addIssue(issue: { code: 'custom'; message: string }): void
}

/** Adds what is expected and gives up on this variable. */
function wrong(context: Context, expected: string): never {
  context.addIssue({ code: 'custom', message: expected })
  return z.NEVER
}

function wholeNumber(least: number, most: number) {
  return (text: string, context: Context): number => {
    const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
    return number >= least && number <= most ? number : wrong(context, `a whole number from ${least} to ${most}`)
  }
}

function metricsPort(text: string, context: Context): number | 'off' {
  if (text === 'off') return text
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : wrong(context, 'a whole number from 1 to 65535, or off')
}

function ratio(text: string, context: Context): number {
  const number = /^\d(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
  return number <= 1 ? number : wrong(context, 'the part of the requests that is traced, from 0 to 1')
}

/** Spans are sent to `/v1/traces` below it. A password has no place in it: whoever reads the log would see it. */
function isCollector(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '' && url.hash === ''
}

const isListeningAddress = (text: string) => isIP(text) > 0 || text === 'localhost'

function host(text: string | undefined, context: Context): string | null {
  if (text === undefined) return null
  return isListeningAddress(text) ? text : wrong(context, LISTENING_ADDRESS)
}

/** Relying parties compare the issuer byte for byte (OpenID Connect Discovery §4.3): one spelling is accepted. */
function issuer(profile: Profile) {
  const http = { demo: true, test: true, production: false, conformance: false }[profile]
  const expected = `the public origin, such as https://id.example.edu: ${
    http ? 'https (http on loopback only)' : 'https'
  }, lower case, without path, query, fragment, default port or a slash at its end`
  const schema = z.string('the public origin, such as https://id.example.edu').refine((text) => {
    const url = URL.parse(text)
    if (url === null || url.origin !== text) return false
    return url.protocol === 'https:' || (http && url.protocol === 'http:' && LOOPBACK_NAMES.includes(url.hostname))
  }, expected)
  return profile === 'demo' ? schema.optional() : schema
}

/** A `#` or `/` in a password that was not percent-encoded changes what the rest of the address means. */
function serverUrl(protocols: readonly string[], example: string) {
  return z.string().refine((text) => {
    const url = URL.parse(text)
    return url !== null && protocols.includes(url.protocol) && url.hash === ''
  }, `an address such as ${example}, with special characters of the password percent-encoded`)
}

const hostsAndPorts = z.string().transform((text, context): HostAndPort[] => {
  const entries = text.split(',').map((entry) => /^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(entry.trim()))
  return entries.map((match) => {
    const port = Number(match?.[2])
    if (match?.[1] === undefined || port < 1 || port > 65_535) {
      return wrong(context, 'host:port entries separated by commas, such as 10.0.0.1:6379,10.0.0.2:6379')
    }
    return { host: match[1].replace(/^\[|\]$/g, ''), port }
  })
})

/**
 * Trusting the forwarded headers of everybody lets everybody choose their own address, and a network of everybody
 * undoes the caps and the outbound filter as well. The widest private ranges are 10.0.0.0/8 and fc00::/7.
 */
const networks = z.string().transform((text, context): string[] => {
  const entries = text.split(',').map((entry) => entry.trim())
  return entries.filter(Boolean).map((entry) => {
    const network = parseNetwork(entry)
    if (network === null) return wrong(context, 'networks separated by commas, such as 10.1.0.0/16,fd00::/8')
    const bitsMin = network.kind === 'ipv4' ? 8 : 7
    if (network.bits < bitsMin)
      return wrong(context, `your own networks alone, at least /${bitsMin} for ${network.kind}`)
    return network.text
  })
})

function parseNetwork(entry: string): { text: string; kind: 'ipv4' | 'ipv6'; bits: number } | null {
  const [address = '', suffix] = entry.split('/')
  if (isIP(address) === 0) return null
  const cidr = suffix === undefined ? `${address}/${isIP(address) === 4 ? 32 : 128}` : entry
  if (!ipaddr.isValidCIDR(cidr)) return null
  const [parsed, bits] = ipaddr.parseCIDR(cidr)
  // ::ffff:0:0/96 would be every IPv4 address in disguise.
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) return null
  return { text: cidr, kind: parsed.kind(), bits }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null
  } catch {
    return false
  }
}

export const VARIABLE_NAMES: readonly string[] = Object.keys(variablesFor('demo', { root: '.', cores: 1 }).shape)
