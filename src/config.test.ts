import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { ConfigError, type ConfigReading, type Environment, readConfig } from './config.ts'
import { checkRedisPolicy } from './config-rules.ts'

/** Unpredictable enough for the checks, the same in every run. */
const material = (seed: number, bytes = 32) =>
  Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 151 + index * index * seed * 7 + seed * 31) % 256))
const entry = (id: string, seed: number) => `${id}:${material(seed).toString('base64url')}`

const production: Environment = {
  PROFILE: 'production',
  ISSUER: 'https://id.example.edu',
  DATABASE_URL: 'postgres://campus:hunter%23two@db.example.edu/campus',
  TRUSTED_PROXIES: '10.1.2.0/24',
  COOKIE_KEYS: entry('2025a', 1),
  KEY_ENCRYPTION_KEY: entry('2025a', 2),
  PASSWORD_PEPPER: entry('2025a', 3),
  DOCUMENT_HMAC_KEY: entry('2025a', 4),
}

const generated = {
  COOKIE_KEYS: entry('demo', 5),
  KEY_ENCRYPTION_KEY: entry('demo', 6),
  PASSWORD_PEPPER: entry('demo', 7),
  DOCUMENT_HMAC_KEY: entry('demo', 8),
}

function read(environment: Environment, files: Record<string, string> = {}, nodeVersion = '24.1.0'): ConfigReading {
  return readConfig(environment, {
    root: '/srv/campus-id',
    nodeVersion,
    readFile(path) {
      const text = files[path]
      if (text === undefined) throw new Error('ENOENT')
      return text
    },
    generatedSecrets: () => generated,
  })
}

/** `NAME: what is expected`, a line for each mistake. */
function mistakes(environment: Environment, files: Record<string, string> = {}, nodeVersion?: string): string[] {
  try {
    read(environment, files, nodeVersion)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.mistakes.map(({ variable, expected }) => `${variable}: ${expected}`)
  }
}

const inProduction = (changes: Environment) => mistakes({ ...production, ...changes })

describe('the demo', () => {
  test('needs nothing: it is what an empty environment means', () => {
    const { config, warnings } = read({})
    expect(config).toMatchObject({
      profile: 'demo',
      issuer: 'http://localhost:3000',
      host: null,
      port: 3000,
      dataDir: '/srv/campus-id/data',
      database: { kind: 'embedded' },
      redis: null,
      outboundNetworks: ['127.0.0.0/8', '::1/128'],
      timeZone: 'Asia/Shanghai',
      clientsFile: '/srv/campus-id/clients.json',
    })
    expect(config.cookieKeys[0].id).toBe('demo')
    expect(warnings).toEqual([])
  })

  test('follows PORT, and keeps two ports free for its relying parties', () => {
    expect(read({ PORT: '4000' }).config.issuer).toBe('http://localhost:4000')
    expect(mistakes({ PORT: '65534' })).toEqual(['PORT: a whole number from 1 to 65533'])
  })

  test('may stand on PostgreSQL and Redis when it is named', () => {
    const { config } = read({
      PROFILE: 'demo',
      DATABASE_URL: 'postgres://localhost/demo',
      REDIS_URL: 'redis://localhost',
    })
    expect(config.database.kind).toBe('postgres')
    expect(config.redis).toEqual({ kind: 'standalone', url: 'redis://localhost' })
  })

  test('asks for generated secrets only when one is missing, and prefers those that were given', () => {
    const { config } = read({ COOKIE_KEYS: entry('mine', 9) })
    expect(config.cookieKeys[0].id).toBe('mine')
    expect(config.passwordPeppers[0].id).toBe('demo')
  })

  test('warns when it would be reachable by others', () => {
    expect(read({ HOST: '0.0.0.0' }).warnings).toEqual([expect.stringContaining('passwords of the demo are public')])
    expect(read({ HOST: '::1' }).warnings).toEqual([])
  })

  test('refuses several workers on the embedded database', () => {
    expect(mistakes({ WORKERS: '2' })).toEqual([expect.stringMatching(/^WORKERS: 1 with the embedded database/)])
  })
})

describe('production', () => {
  test('is what a DATABASE_URL means when no profile is named', () => {
    const { PROFILE: _, ...unnamed } = production
    expect(read(unnamed).config.profile).toBe('production')
  })

  test('listens on every address, and says when no proxy is trusted', () => {
    expect(read(production)).toMatchObject({ config: { host: '0.0.0.0' }, warnings: [] })
    expect(read({ ...production, TRUSTED_PROXIES: undefined }).warnings).toEqual([
      expect.stringContaining('TRUSTED_PROXIES is not set'),
    ])
  })

  test.each([
    ['the embedded database', { DATABASE_URL: undefined }, 'DATABASE_URL: the address of PostgreSQL 15'],
    ['another kind of database', { DATABASE_URL: 'mysql://db/campus' }, 'DATABASE_URL: an address such as postgres://'],
    [
      'a # that cuts the password short',
      { DATABASE_URL: 'postgres://campus:7#c@db/campus' },
      'DATABASE_URL: an address such as',
    ],
    ['no issuer', { ISSUER: undefined }, 'ISSUER: the public origin'],
    ['a plain-http issuer', { ISSUER: 'http://id.example.edu' }, 'ISSUER: the public origin'],
    ['a plain-http issuer on loopback', { ISSUER: 'http://localhost:3000' }, 'ISSUER: the public origin'],
    ['an issuer with a path', { ISSUER: 'https://id.example.edu/oidc' }, 'ISSUER: the public origin'],
    ['an issuer with a query', { ISSUER: 'https://id.example.edu?tenant=1' }, 'ISSUER: the public origin'],
    ['an issuer with a fragment', { ISSUER: 'https://id.example.edu#x' }, 'ISSUER: the public origin'],
    ['an issuer with a slash at its end', { ISSUER: 'https://id.example.edu/' }, 'ISSUER: the public origin'],
    ['an issuer in capitals', { ISSUER: 'https://ID.example.edu' }, 'ISSUER: the public origin'],
    ['an issuer with a default port', { ISSUER: 'https://id.example.edu:443' }, 'ISSUER: the public origin'],
    ['proxies without networks', { TRUSTED_PROXIES: '' }, 'TRUSTED_PROXIES: the networks of your proxies'],
    ['proxies by a switch', { TRUSTED_PROXIES: 'true' }, 'TRUSTED_PROXIES: networks separated by commas'],
    ['proxies by a count', { TRUSTED_PROXIES: '1' }, 'TRUSTED_PROXIES: networks separated by commas'],
    ['everybody as a proxy', { TRUSTED_PROXIES: '0.0.0.0/0' }, 'TRUSTED_PROXIES: your own networks alone'],
    ['everybody on IPv6 as a proxy', { TRUSTED_PROXIES: '::/0' }, 'TRUSTED_PROXIES: your own networks alone'],
    [
      'everybody in disguise',
      { TRUSTED_PROXIES: '::ffff:0.0.0.0/96' },
      'TRUSTED_PROXIES: networks separated by commas',
    ],
    [
      'an outbound filter that filters nothing',
      { OUTBOUND_NETWORKS: '0.0.0.0/1' },
      'OUTBOUND_NETWORKS: your own networks',
    ],
    [
      'a TLS client that checks nothing',
      { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      'NODE_TLS_REJECT_UNAUTHORIZED: not to be set',
    ],
    ['an unknown time zone', { TIME_ZONE: 'Asia/Wonderland' }, 'TIME_ZONE: an IANA time zone'],
    ['an unknown log level', { LOG_LEVEL: 'verbose' }, 'LOG_LEVEL: one of fatal, error'],
    ['a port out of range', { PORT: '65536' }, 'PORT: a whole number from 1 to 65535'],
    ['a port in words', { PORT: '3000/tcp' }, 'PORT: a whole number from 1 to 65535'],
    ['a name to listen on', { HOST: 'id.example.edu' }, 'HOST: an IP address to listen on'],
    ['no workers', { WORKERS: '0' }, 'WORKERS: a whole number from 1 to 64'],
    ['Redis by http', { REDIS_URL: 'http://redis:6379' }, 'REDIS_URL: an address such as redis://'],
    ['sentinels without ports', { REDIS_SENTINELS: 'a,b', REDIS_SENTINEL_NAME: 'main' }, 'REDIS_SENTINELS: host:port'],
    ['sentinels without a name', { REDIS_SENTINELS: 'a:26379' }, 'REDIS_SENTINEL_NAME: the name of the primary'],
  ] as [string, Environment, string][])('refuses %s', (_, changes, expected) => {
    expect(inProduction(changes)).toEqual([expect.stringContaining(expected)])
  })

  test('refuses sentinels and a cluster at once', () => {
    const both = { REDIS_SENTINELS: 'a:26379', REDIS_SENTINEL_NAME: 'main', REDIS_CLUSTER: 'b:6379' }
    expect(inProduction(both)).toEqual(['REDIS_CLUSTER: either REDIS_SENTINELS or REDIS_CLUSTER, not both'])
  })

  test('refuses Node below 24', () => {
    expect(mistakes(production, {}, '22.19.0')).toEqual(['Node.js: version 24 or newer (this is 22.19.0)'])
  })

  test('refuses a profile that nobody knows, and holds the rest to its own rules', () => {
    const found = mistakes({ PROFILE: 'prod', ISSUER: 'http://id.example.edu' })
    expect(found).toContain('PROFILE: one of demo, test, production, conformance')
    expect(found).toContainEqual(expect.stringMatching(/^ISSUER: /))
    expect(found).toContainEqual(expect.stringMatching(/^COOKIE_KEYS: /))
    expect(found).toContainEqual(expect.stringMatching(/^DATABASE_URL: /))
  })

  test('names every mistake at once, and repeats no value', () => {
    const found = mistakes({
      PROFILE: 'production',
      PORT: 'swordfish',
      COOKIE_KEYS: 'swordfish',
      REDIS_URL: 'swordfish',
    })
    expect(found.map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      'PORT',
      'ISSUER',
      'REDIS_URL',
      'COOKIE_KEYS',
      'KEY_ENCRYPTION_KEY',
      'PASSWORD_PEPPER',
      'DOCUMENT_HMAC_KEY',
      'DATABASE_URL',
    ])
    expect(found.join()).not.toContain('swordfish')
  })
})

describe('the other profiles', () => {
  test('test keeps the rules of production but takes http on loopback', () => {
    const testing = { ...production, PROFILE: 'test', ISSUER: 'http://127.0.0.1:3000' }
    expect(read(testing).config).toMatchObject({ profile: 'test', issuer: 'http://127.0.0.1:3000', host: null })
    expect(mistakes({ ...testing, ISSUER: 'http://id.example.edu' })).toHaveLength(1)
    expect(mistakes({ ...testing, DATABASE_URL: undefined, COOKIE_KEYS: undefined })).toHaveLength(2)
  })

  test('conformance is never inferred, and is as strict as production', () => {
    const conformance = { ...production, PROFILE: 'conformance' }
    expect(read(conformance).config.profile).toBe('conformance')
    expect(mistakes({ ...conformance, ISSUER: 'http://localhost:3000' })).toHaveLength(1)
    expect(mistakes({ ...conformance, PROFILE: 'Conformance' })).toHaveLength(1)
  })
})

describe('secrets', () => {
  const cookieKeys = (text: string) => inProduction({ COOKIE_KEYS: text })

  test('are a ring whose first entry is the present one', () => {
    const { config } = read({ ...production, COOKIE_KEYS: `${entry('new', 10)}, ${entry('old', 11)}` })
    expect(config.cookieKeys.map(({ id }) => id)).toEqual(['new', 'old'])
    expect(config.cookieKeys[0].value).toEqual(new Uint8Array(material(10)))
  })

  test('may be written in either base64 alphabet', () => {
    const { config } = read({ ...production, COOKIE_KEYS: `a:${material(12).toString('base64')}` })
    expect(config.cookieKeys[0].value).toEqual(new Uint8Array(material(12)))
  })

  test.each([
    ['without an identifier', material(1).toString('base64url'), 'entries "identifier:base64url"'],
    ['with an odd identifier', `a b:${material(1).toString('base64url')}`, 'entries "identifier:base64url"'],
    ['that are not base64url', 'a:%%%', 'entries "identifier:base64url"'],
    ['with an empty entry', `${entry('a', 13)},`, 'entries "identifier:base64url"'],
    ['that are short', `a:${material(1, 31).toString('base64url')}`, 'at least 32 bytes in entry 1'],
    ['whose identifiers repeat', `${entry('a', 14)},${entry('a', 15)}`, 'identifiers that differ; that of entry 2'],
    ['of zeros', `a:${Buffer.alloc(32).toString('base64url')}`, 'random bytes instead of a sample'],
    ['of one byte repeated', `a:${Buffer.alloc(48, 0xa7).toString('base64url')}`, 'random bytes instead of a sample'],
    [
      'of a short block repeated',
      `a:${Buffer.concat([material(1, 16), material(1, 16)]).toString('base64url')}`,
      'random',
    ],
    ['that count', `a:${Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('base64url')}`, 'random bytes'],
    [
      'that somebody typed',
      `a:${Buffer.from('Correct horse, battery staple! 0123').toString('base64')}`,
      'random bytes',
    ],
    ['copied from a document', `a:${material(1, 30).toString('base64url')}EXAMPLE`, 'random bytes instead of a sample'],
    ['left to be replaced', `a:REPLACE-ME${material(1).toString('base64url')}`, 'random bytes instead of a sample'],
  ])('are refused %s', (_, text, expected) => {
    expect(cookieKeys(text)).toEqual([expect.stringContaining(`COOKIE_KEYS: ${expected}`)])
  })

  test('are refused when two variables share one', () => {
    expect(cookieKeys(entry('x', 3))).toEqual([
      'PASSWORD_PEPPER: a value of its own in entry 1: COOKIE_KEYS has the same',
    ])
  })

  test('pass when they are random', () => {
    for (let round = 0; round < 500; round += 1) {
      const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
      expect(cookieKeys(`a:${key}`)).toEqual([])
    }
  })

  test('may come from files', () => {
    const files = { '/run/secrets/cookie': `${entry('filed', 16)}\n`, '/srv/campus-id/url': 'postgres://db/campus\n' }
    const environment = { ...production, COOKIE_KEYS: undefined, DATABASE_URL: undefined }
    const { config } = read(
      { ...environment, COOKIE_KEYS_FILE: '/run/secrets/cookie', DATABASE_URL_FILE: 'url' },
      files,
    )
    expect(config.cookieKeys[0].id).toBe('filed')
    expect(config.database).toEqual({ kind: 'postgres', url: 'postgres://db/campus' })
  })

  test('are not taken from a file and from the environment at once', () => {
    expect(mistakes({ ...production, COOKIE_KEYS_FILE: '/run/secrets/cookie' })).toEqual([
      'COOKIE_KEYS_FILE: either COOKIE_KEYS or COOKIE_KEYS_FILE, not both',
    ])
  })

  test('in a file that cannot be read are one mistake, not two', () => {
    const environment = { ...production, COOKIE_KEYS: undefined, DATABASE_URL: undefined, PROFILE: undefined }
    expect(
      mistakes({ ...environment, COOKIE_KEYS_FILE: '/gone', DATABASE_URL_FILE: '/empty' }, { '/empty': '\n' }),
    ).toEqual([
      'COOKIE_KEYS_FILE: a file that this process may read and that is not empty',
      'DATABASE_URL_FILE: a file that this process may read and that is not empty',
    ])
  })
})

describe('a configuration', () => {
  const { config } = read({ ...production, REDIS_URL: 'rediss://user:hunter3@redis.example.edu' })

  test('shows no secret when it is printed by mistake', () => {
    for (const printed of [inspect(config, { depth: 10 }), JSON.stringify(config), String(config.cookieKeys)]) {
      expect(printed).not.toMatch(/hunter/)
      expect(printed).not.toContain(material(1).toString('base64url'))
      expect(printed).not.toContain('Uint8Array')
    }
    expect(JSON.stringify(config.cookieKeys)).toBe('["[secret 2025a]"]')
    expect(inspect(config.cookieKeys[0])).toBe('[secret 2025a]')
    expect(JSON.stringify(config.database)).toBe('{"kind":"postgres","url":"[address]"}')
  })

  test('crosses to a worker thread whole', () => {
    expect(structuredClone(config.cookieKeys)).toEqual([{ id: '2025a', value: new Uint8Array(material(1)) }])
  })

  test('is frozen to its leaves', () => {
    const frozen = [
      config,
      config.database,
      config.redis,
      config.cookieKeys,
      config.cookieKeys[0],
      config.trustedProxies,
    ]
    expect(frozen.every(Object.isFrozen)).toBe(true)
  })

  test('names variables that look like a slip of the pen, and no others', () => {
    const slips = {
      DATABSE_URL: 'x',
      REDIS_URI: 'x',
      cookie_keys: 'x',
      PROFLIE: 'x',
      COOKIE_KEY: 'x',
      PEPPER_FILE: 'x',
    }
    const strangers = {
      HOME: '/root',
      PATH: '/bin',
      HOSTNAME: 'h',
      USER: 'u',
      TZ: 'UTC',
      LANG: 'C',
      PWD: '/',
      TERM: 'x',
    }
    expect(read({ ...production, ...slips, ...strangers }).warnings).toEqual([
      'DATABSE_URL is not a variable of ours: did you mean DATABASE_URL?',
      'REDIS_URI is not a variable of ours: did you mean REDIS_URL?',
      'cookie_keys is not a variable of ours: did you mean COOKIE_KEYS?',
      'COOKIE_KEY is not a variable of ours: did you mean COOKIE_KEYS?',
    ])
  })
})

test.each([
  ['a bare address', '10.1.2.3', ['10.1.2.3/32']],
  ['a bare IPv6 address', 'fd00::1', ['fd00::1/128']],
  ['a list with spaces', '10.0.0.0/8, 192.168.1.0/24', ['10.0.0.0/8', '192.168.1.0/24']],
])('networks may be %s', (_, text, expected) => {
  expect(read({ CAMPUS_NETWORKS: text }).config.campusNetworks).toEqual(expected)
})

test('a cluster is a list of nodes, IPv6 ones in brackets', () => {
  const { config } = read({
    ...production,
    REDIS_CLUSTER: 'redis-1:6379,[fd00::2]:6380',
    REDIS_URL: 'rediss://u:p@any',
  })
  expect(config.redis).toEqual({
    kind: 'cluster',
    url: 'rediss://u:p@any',
    nodes: [
      { host: 'redis-1', port: 6379 },
      { host: 'fd00::2', port: 6380 },
    ],
  })
})

test('a Redis that evicts is refused', () => {
  expect(checkRedisPolicy('noeviction')).toBeNull()
  for (const policy of ['allkeys-lru', 'volatile-ttl', '']) expect(checkRedisPolicy(policy)?.variable).toBe('REDIS_URL')
})
