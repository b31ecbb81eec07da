import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { entry, inProduction, material, mistakes, production, read } from '../test/support/environments.ts'
import type { Environment } from './config.ts'

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
      metrics: null,
      tracing: null,
    })
    expect(config.documentHmacKeys[0].id).toBe('demo')
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
    expect(config.redis).toEqual({ kind: 'standalone', url: 'redis://localhost', waitReplicas: 0 })
  })

  test('asks for generated secrets only when one is missing, and prefers those that were given', () => {
    const { config } = read({ DOCUMENT_HMAC_KEY: entry('mine', 9) })
    expect(config.documentHmacKeys[0].id).toBe('mine')
    expect(config.passwordPeppers[0].id).toBe('demo')
  })

  test('refuses to be reachable by others', () => {
    expect(mistakes({ HOST: '0.0.0.0' })).toEqual([expect.stringMatching(/^HOST: a loopback address/)])
    expect(read({ HOST: '::1' }).config.host).toBe('::1')
  })

  test('is one process, and refuses several: on the embedded database, and on PostgreSQL too', () => {
    expect(read({}).config.workers).toBe(1)
    expect(read({ PROFILE: 'demo', DATABASE_URL: production['DATABASE_URL'] }).config.workers).toBe(1)
    expect(mistakes({ WORKERS: '2' })).toEqual([expect.stringMatching(/^WORKERS: 1 with the embedded database/)])
    expect(mistakes({ WORKERS: '2', PROFILE: 'demo', DATABASE_URL: production['DATABASE_URL'] })).toEqual([
      expect.stringMatching(/^WORKERS: 1 in the demo, which is a single process/),
    ])
  })
})

describe('production', () => {
  test('has as many workers as cores, unless it is told', () => {
    expect(read(production).config.workers).toBe(6)
    expect(read({ ...production, WORKERS: '3' }).config.workers).toBe(3)
  })

  test('is what a DATABASE_URL means when no profile is named', () => {
    const { PROFILE: _, ...unnamed } = production
    expect(read(unnamed).config.profile).toBe('production')
  })

  test('listens on every address', () => {
    expect(read(production)).toMatchObject({ config: { host: '0.0.0.0' }, warnings: [] })
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
    ['no word about its proxy', { TRUSTED_PROXIES: undefined }, 'TRUSTED_PROXIES: the networks of the proxy that ends'],
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
    expect(found).toContainEqual(expect.stringMatching(/^KEY_ENCRYPTION_KEY: /))
    expect(found).toContainEqual(expect.stringMatching(/^DATABASE_URL: /))
  })

  test('names every mistake at once, and repeats no value', () => {
    const found = mistakes({
      PROFILE: 'production',
      PORT: 'swordfish',
      PASSWORD_PEPPER: 'swordfish',
      KEY_ROTATION_DAYS: 'swordfish',
      REDIS_URL: 'swordfish',
    })
    expect(found.map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      'PORT',
      'ISSUER',
      'REDIS_URL',
      'KEY_ENCRYPTION_KEY',
      'PASSWORD_PEPPER',
      'DOCUMENT_HMAC_KEY',
      'KEY_ROTATION_DAYS',
      'DATABASE_URL',
      'TRUSTED_PROXIES',
    ])
    expect(found.join()).not.toContain('swordfish')
  })
})

describe('the other profiles', () => {
  test('test keeps the rules of production but takes http on loopback', () => {
    const testing = { ...production, PROFILE: 'test', ISSUER: 'http://127.0.0.1:3000' }
    expect(read(testing).config).toMatchObject({ profile: 'test', issuer: 'http://127.0.0.1:3000', host: null })
    expect(mistakes({ ...testing, ISSUER: 'http://id.example.edu' })).toHaveLength(1)
    expect(mistakes({ ...testing, DATABASE_URL: undefined, DOCUMENT_HMAC_KEY: undefined })).toHaveLength(2)
  })

  test('conformance is never inferred, and is as strict as production', () => {
    const conformance = { ...production, PROFILE: 'conformance' }
    expect(read(conformance).config.profile).toBe('conformance')
    expect(mistakes({ ...conformance, ISSUER: 'http://localhost:3000' })).toHaveLength(1)
    expect(mistakes({ ...conformance, PROFILE: 'Conformance' })).toHaveLength(1)
  })
})

describe('passwords', () => {
  test('are hashed by node-rs, and by the fallback when it is named', () => {
    expect(read({}).config.passwordHasher).toBe('node-rs')
    expect(read({ ...production, PASSWORD_HASHER: 'argon2' }).config.passwordHasher).toBe('argon2')
    expect(inProduction({ PASSWORD_HASHER: 'bcrypt' })).toEqual(['PASSWORD_HASHER: one of node-rs, argon2'])
  })
})

describe('a configuration', () => {
  const { config } = read({ ...production, REDIS_URL: 'rediss://user:hunter3@redis.example.edu' })

  test('shows no secret when it is printed by mistake', () => {
    for (const printed of [inspect(config, { depth: 10 }), JSON.stringify(config), String(config.documentHmacKeys)]) {
      expect(printed).not.toMatch(/hunter/)
      expect(printed).not.toContain(material(4).toString('base64url'))
      expect(printed).not.toContain('Uint8Array')
    }
    expect(JSON.stringify(config.documentHmacKeys)).toBe('["[secret 2025a]"]')
    expect(inspect(config.documentHmacKeys[0])).toBe('[secret 2025a]')
    expect(JSON.stringify(config.database)).toBe('{"kind":"postgres","url":"[address]"}')
  })

  test('crosses to a worker thread whole', () => {
    expect(structuredClone(config.documentHmacKeys)).toEqual([{ id: '2025a', value: new Uint8Array(material(4)) }])
  })

  test('is frozen to its leaves', () => {
    const frozen = [
      config,
      config.database,
      config.redis,
      config.documentHmacKeys,
      config.documentHmacKeys[0],
      config.trustedProxies,
    ]
    expect(frozen.every(Object.isFrozen)).toBe(true)
  })
})
