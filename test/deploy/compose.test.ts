/** compose.yaml, as far as it can be judged without an engine: what may be reached, read and written by whom. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { z } from 'zod'
import { readConfig } from '../../src/config.ts'
import { SECRET_VARIABLES } from '../../src/config-variables.ts'
import { production } from '../support/environments.ts'

const service = z.strictObject({
  build: z.literal('.').optional(),
  image: z.string().regex(/^campus-id$|^[a-z]+:\d+\.?\d*-bookworm$/, 'a version tag'),
  restart: z.literal('unless-stopped'),
  init: z.boolean().optional(),
  user: z
    .string()
    .regex(/^[1-9]\d*:[1-9]\d*$/, 'numbers, and not root')
    .optional(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  sysctls: z.record(z.string(), z.number()).optional(),
  tmpfs: z.array(z.string()).optional(),
  shm_size: z.string().optional(),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  environment: z.record(z.string(), z.string()).optional(),
  secrets: z.array(z.string()),
  command: z.array(z.string()).optional(),
  volumes: z.array(z.string()),
  ports: z.array(z.string()).optional(),
  networks: z.union([z.array(z.string()), z.record(z.string(), z.object({ ipv4_address: z.string() }))]),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).optional(),
  healthcheck: z
    .object({ test: z.array(z.string()), interval: z.string(), timeout: z.string() })
    .loose()
    .optional(),
})

const file = z.strictObject({
  name: z.literal('campus-id'),
  services: z.strictObject({ 'campus-id': service, proxy: service, postgres: service, redis: service }),
  networks: z.object({ edge: z.object({ ipam: z.unknown() }), stores: z.strictObject({ internal: z.literal(true) }) }),
  volumes: z.record(z.string(), z.null()),
  secrets: z.record(z.string(), z.strictObject({ file: z.string().startsWith('./secrets/') })),
})

const compose = file.parse(parse(readFileSync('compose.yaml', 'utf8')))
const { 'campus-id': server, proxy, postgres, redis } = compose.services
const networksOf = ({ networks }: typeof server) => (Array.isArray(networks) ? networks : Object.keys(networks))

test('only the proxy is published, and only the server reaches the stores', () => {
  expect([server.ports, postgres.ports, redis.ports]).toEqual([undefined, undefined, undefined])
  expect(proxy.ports).toEqual(['80:80', '443:443'])
  expect([proxy, server, postgres, redis].map(networksOf)).toEqual([
    ['edge'],
    ['edge', 'stores'],
    ['stores'],
    ['stores'],
  ])
})

test('every secret is a file that is declared, and is given to those who need it alone', () => {
  for (const { secrets } of Object.values(compose.services))
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(secrets))
  const wanted = [...SECRET_VARIABLES, 'DATABASE_URL', 'REDIS_URL']
  for (const name of wanted) {
    expect(server.environment?.[`${name}_FILE`]).toBe(`/run/secrets/${name.toLowerCase()}`)
    expect(server.environment?.[name]).toBeUndefined()
  }
  expect(server.secrets.toSorted()).toEqual(wanted.map((name) => name.toLowerCase()).toSorted())
  expect(proxy.secrets).toEqual(['tls.crt', 'tls.key'])
})

test('what it tells the server is a configuration for production', () => {
  const filled = Object.entries(server.environment ?? {}).map(([name, text]) => {
    return [name, text.replace(/\$\{CAMPUS_ID_NAME.*?\}/, 'id.example.edu').replace(/\$\{\w+:-(.*?)\}/, '$1')]
  })
  const secretOf = (path: string) => production[path.replace('/run/secrets/', '').toUpperCase()]
  const { config, warnings } = readConfig(Object.fromEntries(filled), {
    root: '/app',
    nodeVersion: '24.21.0',
    cores: 2,
    readFile: (path) => secretOf(path) ?? 'redis://:word@redis:6379',
    generatedSecrets: () => ({}),
  })
  expect(warnings).toEqual([])
  expect(config).toMatchObject({ profile: 'production', issuer: 'https://id.example.edu', host: '0.0.0.0' })
  expect(config.database.kind).toBe('postgres')
  expect(config.redis?.kind).toBe('standalone')
  // The proxy by its fixed address, and nobody else in its network.
  expect(proxy.networks).toEqual({ edge: { ipv4_address: config.trustedProxies[0]?.replace('/32', '') } })
})

test('Redis forgets nothing on its own account, and comes back with what it had', () => {
  const said = redis.command?.join(' ')
  for (const words of ['--appendonly yes', '--appendfsync everysec', '--maxmemory-policy noeviction'])
    expect(said).toContain(words)
  expect([redis.volumes, postgres.volumes]).toEqual([['redis:/data'], ['postgres:/var/lib/postgresql/data']])
})

test('each waits for those that it needs, and is given time to end', () => {
  expect(Object.keys(server.depends_on ?? {})).toEqual(['postgres', 'redis'])
  expect(Object.keys(proxy.depends_on ?? {})).toEqual(['campus-id'])
  expect(Number.parseInt(server.stop_grace_period ?? '', 10)).toBeGreaterThan(10)
  for (const { healthcheck } of [postgres, redis]) expect(healthcheck?.test[0]).toMatch(/^CMD/)
})

test('nobody is root: the server by its image, the others by a number', () => {
  expect(server.user).toBeUndefined()
  for (const { user } of [proxy, postgres, redis]) expect(user).toBeDefined()
})
