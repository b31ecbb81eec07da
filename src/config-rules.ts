import type { ConfigMistake, Environment, Profile } from './config.ts'
import { FILE_VARIABLES } from './config-environment.ts'
import { misspelledVariables } from './config-spelling.ts'
import {
  LOOPBACK_NAMES,
  METRICS_PORT_DEFAULT,
  PORT_DEFAULT,
  SECRET_VARIABLES,
  VARIABLE_NAMES,
  type Variables,
} from './config-variables.ts'
import { NODE_MAJOR_MIN } from './node-version.ts'

export const PROFILES = ['demo', 'test', 'production', 'conformance'] as const satisfies Profile[]

/** What no single variable can be blamed for; `given` is what the environment says after reading its files. */
export function contradictions(
  profile: Profile | null,
  given: Environment,
  environment: Environment,
  nodeVersion: string,
): ConfigMistake[] {
  const strict = profile !== 'demo'
  const has = (name: string) => given[name] !== undefined
  const rules: [boolean, string, string][] = [
    [profile === null, 'PROFILE', `one of ${PROFILES.join(', ')}`],
    [
      strict && !has('DATABASE_URL') && !has('DATABASE_URL_FILE'),
      'DATABASE_URL',
      'the address of PostgreSQL 15 or newer: the embedded database serves the demo alone',
    ],
    [
      strict && environment['TRUSTED_PROXIES'] !== undefined && !has('TRUSTED_PROXIES'),
      'TRUSTED_PROXIES',
      'the networks of your proxies, or no such variable at all',
    ],
    [
      profile === 'production' && environment['TRUSTED_PROXIES'] === undefined,
      'TRUSTED_PROXIES',
      'the networks of the proxy that ends TLS: without it the whole school would seem to be one address',
    ],
    [
      profile === 'demo' && has('HOST') && !isLoopback(given['HOST'] ?? ''),
      'HOST',
      'a loopback address: the passwords of the demo are public',
    ],
    [
      (given['METRICS_PORT'] ?? (strict ? String(METRICS_PORT_DEFAULT) : 'off')) === (given['PORT'] ?? PORT_DEFAULT),
      'METRICS_PORT',
      'another port than PORT: what is counted is not for everybody',
    ],
    [
      profile === 'demo' && has('METRICS_HOST') && !isLoopback(given['METRICS_HOST'] ?? ''),
      'METRICS_HOST',
      'a loopback address in the demo',
    ],
    [
      strict && given['NODE_TLS_REJECT_UNAUTHORIZED'] === '0',
      'NODE_TLS_REJECT_UNAUTHORIZED',
      'not to be set: it would let anybody pose as PostgreSQL, Redis or a relying party',
    ],
    [
      Number.parseInt(nodeVersion, 10) < NODE_MAJOR_MIN,
      'Node.js',
      `version ${NODE_MAJOR_MIN} or newer (this is ${nodeVersion})`,
    ],
    [
      has('REDIS_SENTINELS') && has('REDIS_CLUSTER'),
      'REDIS_CLUSTER',
      'either REDIS_SENTINELS or REDIS_CLUSTER, not both',
    ],
    [
      has('REDIS_SENTINELS') !== has('REDIS_SENTINEL_NAME'),
      'REDIS_SENTINEL_NAME',
      'the name of the primary that REDIS_SENTINELS watch; the two go together',
    ],
    [
      !strict && Number(given['WORKERS'] ?? 1) > 1,
      'WORKERS',
      has('DATABASE_URL')
        ? '1 in the demo, which is a single process: PROFILE=test has several'
        : '1 with the embedded database, which a single process owns',
    ],
  ]
  return rules.filter(([broken]) => broken).map(([, variable, expected]) => ({ variable, expected }))
}

export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.includes(host) || host === '::1' || /^127\./.test(host)
}

/** A leak of one secret must not be a leak of another. */
export function sharedSecrets(variables: Variables): ConfigMistake[] {
  const owners = new Map<string, string>()
  const mistakes: ConfigMistake[] = []
  for (const variable of SECRET_VARIABLES) {
    for (const [index, secret] of variables[variable].entries()) {
      const bytes = Buffer.from(secret.value).toString('hex')
      const owner = owners.get(bytes)
      if (owner === undefined) owners.set(bytes, variable)
      else mistakes.push({ variable, expected: `a value of its own in entry ${index + 1}: ${owner} has the same` })
    }
  }
  return mistakes
}

export function warningsAbout(environment: Environment): string[] {
  const known = [...VARIABLE_NAMES, 'PROFILE', ...FILE_VARIABLES.map((name) => `${name}_FILE`)]
  return [...retiredVariables(environment), ...misspelledVariables(Object.keys(environment), known)]
}

/** What an earlier version asked for must not keep this one from starting. */
function retiredVariables(environment: Environment): string[] {
  const set = ['COOKIE_KEYS', 'COOKIE_KEYS_FILE'].filter((name) => environment[name] !== undefined)
  return set.map((name) => `${name} is not read any more and can go: the keys of cookies are kept in the database`)
}

/** A Redis that evicts forgets sessions, and the marks of codes that were used, before their time. */
export function checkRedisPolicy(policy: string): ConfigMistake | null {
  if (policy === 'noeviction') return null
  return { variable: 'REDIS_URL', expected: 'a Redis whose maxmemory-policy is noeviction' }
}
