/** Environments for tests of the configuration: one that production accepts, and readers that tell what is wrong. */
import { ConfigError, type ConfigReading, type Environment, readConfig } from '../../src/config.ts'

/** Unpredictable enough for the checks, the same in every run. */
export const material = (seed: number, bytes = 32) =>
  Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 151 + index * index * seed * 7 + seed * 31) % 256))
export const entry = (id: string, seed: number) => `${id}:${material(seed).toString('base64url')}`

export const production: Environment = {
  PROFILE: 'production',
  ISSUER: 'https://id.example.edu',
  DATABASE_URL: 'postgres://campus:hunter%23two@db.example.edu/campus',
  TRUSTED_PROXIES: '10.1.2.0/24',
  KEY_ENCRYPTION_KEY: entry('2025a', 2),
  PASSWORD_PEPPER: entry('2025a', 3),
  DOCUMENT_HMAC_KEY: entry('2025a', 4),
}

const generated = {
  KEY_ENCRYPTION_KEY: entry('demo', 6),
  PASSWORD_PEPPER: entry('demo', 7),
  DOCUMENT_HMAC_KEY: entry('demo', 8),
}

export function read(
  environment: Environment,
  files: Record<string, string> = {},
  nodeVersion = '24.1.0',
): ConfigReading {
  return readConfig(environment, {
    root: '/srv/campus-id',
    nodeVersion,
    cores: 6,
    readFile(path) {
      const text = files[path]
      if (text === undefined) throw new Error('ENOENT')
      return text
    },
    generatedSecrets: () => generated,
  })
}

/** `NAME: what is expected`, a line for each mistake. */
export function mistakes(environment: Environment, files: Record<string, string> = {}, nodeVersion?: string): string[] {
  try {
    read(environment, files, nodeVersion)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.mistakes.map(({ variable, expected }) => `${variable}: ${expected}`)
  }
}

export const inProduction = (changes: Environment) => mistakes({ ...production, ...changes })
