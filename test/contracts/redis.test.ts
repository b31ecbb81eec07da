import { afterAll, beforeAll, describe } from '@jest/globals'
import { type FreshRedis, freshRedis } from '../support/fresh-stores.ts'
import { expiringContract } from './expiring.contract.ts'
import { openRedisSubject, type RedisSubject } from './redis-subject.ts'

describe('Redis', () => {
  let server: FreshRedis
  let subject: RedisSubject

  beforeAll(async () => {
    server = await freshRedis()
    subject = await openRedisSubject({ kind: 'standalone', url: server.url, waitReplicas: 0 })
  }, 30_000)
  afterAll(async () => {
    await subject?.close()
    await server?.close()
  })

  expiringContract(() => subject)
})
