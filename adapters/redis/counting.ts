import { Cluster, type Redis } from 'ioredis'
import type { Count, Counter, ExpiringStore, Key } from '../../src/expiring/expiring.ts'
import type { StoreWatch } from '../../src/metrics/metrics.ts'
import { sendPlainly } from './decisions.ts'
import { createScript } from './script.ts'

/** A counter without an end would refuse somebody for good: whoever finds one gives it its window. */
const COUNT_ONE = `
  local function count(key, window, by)
    local sum = redis.call('INCRBY', key, by)
    local left = redis.call('PTTL', key)
    if left < 0 then
      redis.call('EXPIRE', key, window)
      left = window * 1000
    end
    return {sum, left}
  end`

const REFUSE_NO_WINDOW =
  "if tonumber(window) < 1 then return redis.error_reply('ERR a window lasts a second or more') end"

/** For each key its window and how much. */
const COUNT = `${COUNT_ONE}
  for at = 1, #ARGV, 2 do
    local window = ARGV[at]
    ${REFUSE_NO_WINDOW}
  end
  local counts = {}
  for at, key in ipairs(KEYS) do counts[at] = count(key, ARGV[2 * at - 1], ARGV[2 * at]) end
  return counts`

/** A record and its life; then for each counter its window, how much, and its most. */
const PUT_WITHIN = `${COUNT_ONE}
  for at = 3, #ARGV, 3 do
    local window = ARGV[at]
    ${REFUSE_NO_WINDOW}
  end
  local counts, within = {}, true
  for at = 1, #KEYS - 1 do
    counts[at] = count(KEYS[at + 1], ARGV[3 * at], ARGV[3 * at + 1])
    within = within and counts[at][1] <= tonumber(ARGV[3 * at + 2])
  end
  if within then redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end
  return counts`

type Counts = Pick<ExpiringStore, 'count' | 'countAll' | 'putWithin'>

interface Surroundings extends Pick<ExpiringStore, 'put'> {
  keyOf(key: Key): string
  watch: StoreWatch
  /** One round trip. */
  trip<Reply>(operation: string, send: () => Promise<Reply>): Promise<Reply>
}

/** One command where one server has all keys; of a cluster each key has its server. */
export function createCounts(redis: Redis | Cluster, surroundings: Surroundings): Counts {
  return redis instanceof Cluster ? countsOfMany(redis, surroundings) : countsOfOne(redis, surroundings)
}

function countsOfOne(redis: Redis, { keyOf, watch, trip }: Surroundings): Counts {
  const send = sendPlainly(redis)
  const count = createScript(send, COUNT, watch)
  const putWithin = createScript(send, PUT_WITHIN, watch)
  const countAll: Counts['countAll'] = (counters) => {
    const keys = counters.map(({ key }) => keyOf(key))
    const windows = counters.flatMap(({ seconds, by = 1 }) => [seconds, by])
    return trip('count', async () => countsFrom(await count(keys, ...windows)))
  }
  return {
    count: async (key, window) => single(await countAll([{ ...window, key }])),
    countAll,
    putWithin(key, value, { seconds }, limits) {
      const keys = [key, ...limits.map((limit) => limit.key)].map(keyOf)
      const windows = limits.flatMap((limit) => [limit.seconds, limit.by ?? 1, limit.most])
      return trip('put', async () => countsFrom(await putWithin(keys, value, seconds, ...windows)))
    },
  }
}

/** All are asked in one flight, and what depends on their counts comes after it. */
function countsOfMany(cluster: Cluster, { keyOf, watch, trip, put }: Surroundings): Counts {
  const script = createScript(sendPlainly(cluster), COUNT, watch)
  const countOne = async ({ key, seconds, by = 1 }: Counter) =>
    single(countsFrom(await script(keyOf(key), seconds, by)))
  const countAll: Counts['countAll'] = (counters) => trip('count', () => Promise.all(counters.map(countOne)))
  return {
    count: async (key, window) => single(await countAll([{ ...window, key }])),
    countAll,
    async putWithin(key, value, expiry, limits) {
      const counts = await countAll(limits)
      if (limits.every(({ most }, index) => (counts[index]?.count ?? most) <= most)) await put(key, value, expiry)
      return counts
    },
  }
}

function single(counts: readonly Count[]): Count {
  const [count] = counts
  if (!count) throw new Error('the count script counted nothing')
  return count
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
