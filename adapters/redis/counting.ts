import { Cluster, type Redis } from 'ioredis'
import type { Count, Counter, Key } from '../../src/expiring/expiring.ts'
import type { StoreWatch } from '../../src/metrics/metrics.ts'
import { sendPlainly } from './decisions.ts'
import { createScript } from './script.ts'

/**
 * For each key its window and how much. A counter without an end would refuse somebody for good: whoever finds one
 * gives it its window.
 */
const COUNT = `
  for at = 1, #ARGV, 2 do
    if tonumber(ARGV[at]) < 1 then return redis.error_reply('ERR a window lasts a second or more') end
  end
  local counts = {}
  for at, key in ipairs(KEYS) do
    local sum = redis.call('INCRBY', key, ARGV[2 * at])
    local left = redis.call('PTTL', key)
    if left < 0 then
      redis.call('EXPIRE', key, ARGV[2 * at - 1])
      left = ARGV[2 * at - 1] * 1000
    end
    counts[at] = {sum, left}
  end
  return counts`

/** One command where one server has all keys; of a cluster each key has its server, and all are asked in one flight. */
export function createCounting(redis: Redis | Cluster, keyOf: (key: Key) => string, watch: StoreWatch) {
  const script = createScript(sendPlainly(redis), COUNT, watch)

  async function together(counters: readonly Counter[]): Promise<Count[]> {
    const keys = counters.map(({ key }) => keyOf(key))
    const windows = counters.flatMap(({ seconds, by = 1 }) => [seconds, by])
    return countsFrom(await script(keys, ...windows))
  }

  async function each(counters: readonly Counter[]): Promise<Count[]> {
    const counts = await Promise.all(counters.map((counter) => together([counter])))
    return counts.flat()
  }

  return redis instanceof Cluster ? each : together
}

function countsFrom(reply: unknown): Count[] {
  if (!Array.isArray(reply)) throw new Error('the count script answered in another form')
  return reply.map(countFrom)
}

function countFrom(reply: unknown): Count {
  if (Array.isArray(reply) && typeof reply[0] === 'number' && typeof reply[1] === 'number') {
    return { count: reply[0], secondsLeft: Math.max(1, Math.ceil(reply[1] / 1000)) }
  }
  throw new Error('the count script answered in another form')
}
