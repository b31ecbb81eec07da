import { describe, expect, test } from '@jest/globals'
import { commandWorld } from '../../test/support/command-world.ts'
import { sampleConfig } from '../../test/support/sample-config.ts'
import { type Config, ConfigError } from '../config.ts'
import type { DatabaseState, Examination } from './powers.ts'

const database: DatabaseState = { version: 160004, aheadMilliseconds: 120, pendingMigrations: [], keys: [] }
const production: Partial<Config> = {
  profile: 'production',
  issuer: 'https://id.school.example',
  dataDir: '/srv/data',
  database: { kind: 'postgres', url: 'postgres://db/campus' },
  redis: { kind: 'standalone', url: 'redis://redis', waitReplicas: 0 },
}

async function examine(changes: Partial<Examination> = {}, config: Partial<Config> = {}, options: string[] = []) {
  const examination: Examination = {
    nodeVersion: '24.1.0',
    configuration: () => ({ config: sampleConfig({ ...production, ...config }), warnings: [] }),
    dataFolder: async () => ({ mode: 0o700, secretModes: {} }),
    database: async () => database,
    redis: async () => ({ version: '7.2.4', policy: 'noeviction', replicas: 0 }),
    discoveredIssuer: async ({ issuer }) => issuer,
    ...changes,
  }
  return await commandWorld().type(['doctor', ...options], { powers: { examination } })
}

test('an installation in good health is a column of ticks', async () => {
  const { code, out } = await examine()
  expect(code).toBe(0)
  expect(out).toBe(
    [
      '✓ Node.js         24.1.0',
      '✓ Configuration   production, https://id.school.example',
      '✓ Data folder     /srv/data',
      '✓ PostgreSQL      16.4',
      '✓ Migrations      up to date',
      '✓ Clock           as in the database',
      '✓ Keys            rotated in time, sealed by the present secret',
      '✓ Redis           7.2.4',
      '✓ Redis memory    noeviction',
      '✓ Public address  https://id.school.example answers',
      '',
    ].join('\n'),
  )
})

test.each([
  [1, '✓ Redis replicas  1 connected, 1 waited for\n'],
  [0, '✗ Redis replicas  0 connected, 1 waited for\n                  → connect the replicas, or lower'],
])('with %d replicas where one is waited for', async (replicas, line) => {
  const redis = { kind: 'standalone', url: 'redis://redis', waitReplicas: 1 } as const
  const { out } = await examine(
    { redis: async () => ({ version: '7.2.4', policy: 'noeviction', replicas }) },
    { redis },
  )
  expect(out).toContain(line)
})

test('findings are JSON where a program reads', async () => {
  const { code, out } = await examine(
    { redis: async () => ({ version: '6.2.0', policy: 'noeviction', replicas: 0 }) },
    {},
    ['--json'],
  )
  expect(code).toBe(1)
  expect(JSON.parse(out)).toContainEqual({
    what: 'Redis',
    state: 'bad',
    found: '6.2.0',
    advice: 'use version 7 or newer',
  })
})

test('without Redis, nobody asks for it', async () => {
  const redis = () => Promise.reject(new Error('not to be asked'))
  const { code, out } = await examine({ redis }, { redis: null })
  expect(code).toBe(0)
  expect(out).toContain('✓ Redis           none: what expires is kept in the database')
})

describe('what is wrong is named, with what to do, and ends with 1', () => {
  const down = () => Promise.reject(new Error('cannot connect', { cause: new Error('ECONNREFUSED') }))
  test.each([
    [
      'the configuration',
      {
        configuration: () => {
          throw new ConfigError([{ variable: 'ISSUER', expected: 'the public origin' }])
        },
      },
      '✗ Configuration   ISSUER\n                  → expected: the public origin\n',
    ],
    ['an old PostgreSQL', { database: async () => ({ ...database, version: 140009 }) }, '✗ PostgreSQL      14.9\n'],
    ['a PostgreSQL that is down', { database: down }, '✗ PostgreSQL      cannot connect: ECONNREFUSED\n'],
    [
      'a clock that is far off',
      { database: async () => ({ ...database, aheadMilliseconds: -90_000 }) },
      '✗ Clock           the database is 90.0 s behind\n',
    ],
    [
      'an old Redis',
      { redis: async () => ({ version: '6.2.14', policy: 'noeviction', replicas: 0 }) },
      '✗ Redis           6.2.14\n',
    ],
    [
      'a Redis that evicts',
      { redis: async () => ({ version: '7.4.0', policy: 'allkeys-lru', replicas: 0 }) },
      '✗ Redis memory    allkeys-lru\n                  → set maxmemory-policy to noeviction\n',
    ],
    ['a Redis that is down', { redis: down }, '✗ Redis           cannot connect: ECONNREFUSED\n'],
    [
      'a public address where another answers',
      { discoveredIssuer: async () => 'https://old.school.example' },
      '✗ Public address  it names the issuer https://old.school.example\n',
    ],
    [
      'a public address where nobody answers',
      { discoveredIssuer: down },
      '✗ Public address  https://id.school.example: cannot',
    ],
    [
      'secrets that others may read',
      { dataFolder: async () => ({ mode: 0o755, secretModes: { COOKIE_KEYS: 0o644, PASSWORD_PEPPER: 0o600 } }) },
      '✗ Data folder     others may read COOKIE_KEYS\n',
    ],
    [
      'a data folder that others may write to',
      { dataFolder: async () => ({ mode: 0o777, secretModes: {} }) },
      '✗ Data folder     others may write to /srv/data\n',
    ],
  ] as [string, Partial<Examination>, string][])('%s', async (_, changes, line) => {
    const { code, out } = await examine(changes)
    expect(code).toBe(1)
    expect(out).toContain(line)
  })
})

describe('what is doubtful is named, and is no failure', () => {
  test.each([
    [
      'migrations that wait',
      { database: async () => ({ ...database, pendingMigrations: ['0002-expiring'] }) },
      {},
      '! Migrations      pending: 0002-expiring\n',
    ],
    [
      'a clock that is a little off',
      { database: async () => ({ ...database, aheadMilliseconds: 2_500 }) },
      {},
      '! Clock           the database is 2.5 s ahead\n',
    ],
    [
      'a demo that was never started',
      { database: async () => null },
      { database: { kind: 'embedded' } },
      '! PGlite          there is none yet\n',
    ],
    [
      'a demo without its folder',
      { dataFolder: async () => null },
      { profile: 'demo' },
      '! Data folder     /srv/data is not there yet\n',
    ],
    [
      'a warning about the configuration',
      {
        configuration: () => ({
          config: sampleConfig(production),
          warnings: ['DATABSE_URL is not a variable of ours.'],
        }),
      },
      {},
      '! Configuration   DATABSE_URL is not a variable of ours.\n',
    ],
    [
      'a Redis that evicts, in the demo',
      { redis: async () => ({ version: '7.4.0', policy: 'allkeys-lru', replicas: 0 }) },
      { profile: 'demo' },
      '! Redis memory    allkeys-lru\n',
    ],
  ] as [string, Partial<Examination>, Partial<Config>, string][])('%s', async (_, changes, config, line) => {
    const { code, out } = await examine(changes, config)
    expect(code).toBe(0)
    expect(out).toContain(line)
  })
})

test('an answer from outside cannot steer the terminal', async () => {
  const { out } = await examine({ discoveredIssuer: async () => 'https://evil\u001b[2J' })
  expect(out).not.toContain('\u001b')
})

test('a bug is no finding', async () => {
  const configuration = () => {
    throw new TypeError('x is not a function')
  }
  expect(await examine({ configuration })).toMatchObject({ code: 1, err: 'Failed: x is not a function\n' })
})

test('metrics on loopback are in order, metrics on the network a doubt', async () => {
  const near = await examine({}, { metrics: { host: '127.0.0.1', port: 9464 } })
  expect(near.out).toContain('✓ Metrics         http://127.0.0.1:9464/metrics\n')
  const open = await examine({}, { metrics: { host: '::', port: 9464 } })
  expect(open.code).toBe(0)
  expect(open.out).toContain('! Metrics         http://[::]:9464/metrics is open to the network\n')
  expect(open.out).toContain('→ let your Prometheus reach it and nobody else')
})

test.each([
  [{ kind: 'overdue', purpose: 'cookies', since: new Date('2026-08-01T00:00:00Z') }, '!', 'keys rotate --cookies', 0],
  [{ kind: 'overdue', purpose: 'RS256', since: new Date('2026-08-01T00:00:00Z') }, '!', 'keys rotate --alg RS256', 0],
  [{ kind: 'sealed_before', sealedBy: 'k1', count: 3 }, '!', 'campus-id keys reseal', 0],
  [{ kind: 'not_opened', sealedBy: 'k0', count: 1 }, '✗', 'add it again behind the others', 1],
] as const)('a concern about keys says what to do: %j', async (concern, mark, advice, exit) => {
  const { code, out } = await examine({ database: async () => ({ ...database, keys: [concern] }) })
  expect(out).toMatch(new RegExp(`^${mark} Keys `, 'm'))
  expect(out).toContain(advice)
  expect(code).toBe(exit)
})

test('keys that the first start has still to make are no concern', async () => {
  const { out } = await examine({ database: async () => ({ ...database, keys: null }) })
  expect(out).toContain('✓ Keys            not made yet\n')
})
