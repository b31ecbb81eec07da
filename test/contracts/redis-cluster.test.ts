import { afterAll, beforeAll, describe } from '@jest/globals'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts'
import { expiringContract } from './expiring.contract.ts'
import { openRedisSubject, type RedisSubject } from './redis-subject.ts'

describe('a Redis Cluster of six, one replica of which must have each decision', () => {
  let cluster: RedisCluster
  let subject: RedisSubject

  beforeAll(async () => {
    cluster = await startRedisCluster()
    const nodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
    subject = await openRedisSubject({ kind: 'cluster', nodes, url: null, waitReplicas: 1 })
  }, 60_000)
  afterAll(async () => {
    await subject?.close()
    await cluster?.stop()
  })

  expiringContract(() => subject)
})
