import { expect, test } from '@jest/globals'
import { production, read } from '../test/support/environments.ts'
import { checkRedisPolicy } from './config-rules.ts'

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
    waitReplicas: 1,
    nodes: [
      { host: 'redis-1', port: 6379 },
      { host: 'fd00::2', port: 6380 },
    ],
  })
})

test.each([
  ['a server alone waits for nobody', { REDIS_URL: 'redis://redis' }, 0],
  ['behind Sentinel one replica must have it', { REDIS_SENTINELS: 'a:26379', REDIS_SENTINEL_NAME: 'main' }, 1],
  ['the operator decides', { REDIS_URL: 'redis://redis', REDIS_WAIT_REPLICAS: '2' }, 2],
  ['also against it', { REDIS_CLUSTER: 'a:6379', REDIS_WAIT_REPLICAS: '0' }, 0],
])('of what decides something: %s', (_what, variables, waitReplicas) => {
  expect(read({ ...production, ...variables }).config.redis).toMatchObject({ waitReplicas })
})

test('a Redis that evicts is refused', () => {
  expect(checkRedisPolicy('noeviction')).toBeNull()
  for (const policy of ['allkeys-lru', 'volatile-ttl', '']) expect(checkRedisPolicy(policy)?.variable).toBe('REDIS_URL')
})
