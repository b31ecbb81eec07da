/**
 * What expires, kept in Redis. A command touches one key (counters aside: counting.ts), and the tag in braces keeps
 * whatever may be derived from a key in its slot of a cluster. An index is a sorted set of keys by expiry in a slot of
 * its own: it is written in the same flight as its key, so it may name a key that is gone or was never put, and
 * readers look.
 *
 * What decides (reserve, swap, take, remove) goes by `decide`, which knows whether replicas must have it first.
 */
import type { ExpiringStore, Expiry, Key, Swap } from '../../src/expiring/expiring.ts'
import type { StoreWatch } from '../../src/metrics/metrics.ts'
import type { RedisConnection } from './connect.ts'
import { createCounts } from './counting.ts'
import { sendPlainly } from './decisions.ts'
import { judge } from './failures.ts'
import { createScript } from './script.ts'

const LISTED_MAX = 1_000

/** The tag in braces decides on the slot: of a key in a group it is the name of the group. */
function keyOf(key: Key): string {
  const slash = key.indexOf('/')
  return slash === -1 ? `campus:{${key}}` : `campus:{${key.slice(0, slash)}}${key.slice(slash)}`
}
const indexOf = (name: string) => `campus:index:{${name}}`

const SWAP = `
  local current = redis.call('GET', KEYS[1])
  if current ~= ARGV[1] then return {0, current} end
  if ARGV[3] then
    redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
  else
    redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
  end
  return {1}`

/** Neither an entry nor the index itself ever ends before a key that it names (GT, and the longer of two lives). */
const ADD_TO_INDEX = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local life = ARGV[2] * 1000
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
  redis.call('ZADD', KEYS[1], 'GT', now + life, ARGV[1])
  if redis.call('PTTL', KEYS[1]) < life then redis.call('PEXPIRE', KEYS[1], life) end`

const READ_INDEX = `
  local time = redis.call('TIME')
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', time[1] * 1000 + math.floor(time[2] / 1000))
  return redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1, 'WITHSCORES')`

/** Spares a key that was put again since it was found missing: its score is another one. */
const REPAIR_INDEX = `
  for at = 1, #ARGV, 2 do
    if redis.call('ZSCORE', KEYS[1], ARGV[at]) == ARGV[at + 1] then redis.call('ZREM', KEYS[1], ARGV[at]) end
  end`

interface IndexEntry {
  key: Key
  score: string
}

const UNWATCHED: StoreWatch = { call: (_operation, run) => run(), failed: () => undefined }

export function createRedisExpiring(
  { redis, decide, ping }: Pick<RedisConnection, 'redis' | 'decide' | 'ping'>,
  { watch = UNWATCHED }: { watch?: StoreWatch } = {},
): ExpiringStore {
  const send = sendPlainly(redis)
  const swapScript = createScript(decide, SWAP, watch)
  const addToIndex = createScript(send, ADD_TO_INDEX, watch)
  const readIndex = createScript(send, READ_INDEX, watch)
  const repairIndex = createScript(send, REPAIR_INDEX, watch)

  /** One round trip. */
  function trip<Reply>(operation: string, send: () => Promise<Reply>): Promise<Reply> {
    return watch.call(operation, () => send().catch(rethrow))
  }

  /** The command and what its indexes need, all sent before the first reply is there: one round trip too. */
  function flight<Reply>(operation: string, command: () => Promise<Reply>, key: Key, expiry?: Expiry): Promise<Reply> {
    return trip(operation, async () => {
      const sent = command()
      const indexing = (expiry?.indexes ?? []).map((name) => addToIndex(indexOf(name), key, expiry?.seconds ?? 0))
      const [reply] = await Promise.all([sent, ...indexing])
      return reply
    })
  }

  async function put(key: Key, value: string, expiry: Expiry): Promise<void> {
    await flight('put', () => redis.set(keyOf(key), value, 'EX', expiry.seconds), key, expiry)
  }

  async function listed(index: string, limit = LISTED_MAX): Promise<Key[]> {
    const most = Math.min(limit, LISTED_MAX)
    const entries = indexEntries(await trip('listed', () => readIndex(indexOf(index), most)))
    if (entries.length === 0) return []
    const standing = await trip('listed.exists', () => Promise.all(entries.map(({ key }) => redis.exists(keyOf(key)))))
    const stale = entries.filter((_, at) => standing[at] === 0)
    if (stale.length > 0) {
      const gone = stale.flatMap(({ key, score }) => [key, score])
      await trip('listed.repair', () => repairIndex(indexOf(index), ...gone))
      // Others may stand behind those that were taken out.
      if (entries.length === most) return listed(index, most)
    }
    return entries.filter((_, at) => standing[at] === 1).map(({ key }) => key)
  }

  return {
    read: (key) => trip('read', () => redis.get(keyOf(key))),
    put,
    readAll: (keys) => trip('read-all', () => redis.mget(keys.map(keyOf))),
    async reserve(key, value, expiry) {
      const command = () => decide(['set', keyOf(key), value, 'ex', expiry.seconds, 'nx', 'get'])
      return textOrNull(await flight('reserve', command, key, expiry)) ?? value
    },
    async swap(key, before, after, expiry) {
      const lifetime = expiry ? [expiry.seconds] : []
      return swapFrom(await flight('swap', () => swapScript(keyOf(key), before, after, ...lifetime), key, expiry))
    },
    async take(key) {
      return textOrNull(await trip('take', () => decide(['getdel', keyOf(key)])))
    },
    async remove(key) {
      await trip('remove', () => decide(['unlink', keyOf(key)]))
    },
    ...createCounts(redis, { keyOf, watch, trip, put }),
    listed,
    ping: () => trip('ping', ping),
  }
}

function rethrow(error: unknown): never {
  throw judge(error)
}

function textOrNull(reply: unknown): string | null {
  if (reply === null || typeof reply === 'string') return reply
  throw new Error('Redis answered in another form')
}

function swapFrom(reply: unknown): Swap {
  if (Array.isArray(reply) && reply[0] === 1) return { swapped: true }
  if (Array.isArray(reply) && reply[0] === 0) return { swapped: false, current: reply[1] ?? null }
  throw new Error('the swap script answered in another form')
}

function indexEntries(reply: unknown): IndexEntry[] {
  if (!Array.isArray(reply)) throw new Error('the index script answered in another form')
  const entries: IndexEntry[] = []
  for (let at = 0; at < reply.length; at += 2) entries.push({ key: String(reply[at]), score: String(reply[at + 1]) })
  return entries
}
