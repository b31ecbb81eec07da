import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { pino } from 'pino'
import { openRedis } from '../../adapters/redis/connect.ts'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts'
import { until } from '../support/until.ts'
import { expiringContract } from './expiring.contract.ts'
import { openRedisSubject, type RedisSubject } from './redis-subject.ts'

describe('a Redis Cluster of six, one replica of which must have each decision', () => {
  let cluster: RedisCluster
  let subject: RedisSubject
  const addresses = () => cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))

  beforeAll(async () => {
    cluster = await startRedisCluster()
    subject = await openRedisSubject({ kind: 'cluster', nodes: addresses(), url: null, waitReplicas: 1 })
  }, 60_000)
  afterAll(async () => {
    await subject?.close()
    await cluster?.stop()
  })

  expiringContract(() => subject)

  test.each([0, 1])(
    'one node that is lost is noticed, also where the others stand (%i replicas)',
    async (waitReplicas) => {
      const config = { kind: 'cluster', nodes: addresses(), url: null, waitReplicas } as const
      const connection = await openRedis(config, pino({ level: 'silent' }))
      let losses = 0
      connection.onLost(() => {
        losses += 1
      })
      const isWhole = () =>
        connection.ping().then(
          () => true,
          () => false,
        )
      try {
        await until('all slots are served, also after the turn before this one', isWhole)
        // It may come back with an older copy of its data.
        await cluster.nodes[0]?.restart()
        await until('its loss is noticed', () => losses > 0)
      } finally {
        await connection.close()
      }
    },
  )
})
