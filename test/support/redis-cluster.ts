import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'
import type { Server } from './own-server.ts'
import { startRedis } from './redis-server.ts'
import { until } from './until.ts'

const SLOTS = 16_384
const PRIMARIES = 3

export interface RedisCluster {
  /** The first three started as primaries, each followed by one replica: node i + 3 follows node i. */
  nodes: readonly Server[]
  stop(): Promise<void>
}

interface Node {
  server: Server
  busPort: number
}

/** Six Redis servers that form a cluster, ready for every slot. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const started = await Promise.allSettled(Array.from({ length: 2 * PRIMARIES }, startNode))
  const nodes = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
  const stop = async () => {
    await Promise.all(nodes.map(({ server }) => server.stop()))
  }
  const connections = nodes.map(({ server }) => new Redis(server.port, '127.0.0.1'))
  // A node that ends is told by the calls that fail, not by its connection.
  for (const connection of connections) connection.on('error', () => undefined)
  try {
    for (const start of started) if (start.status === 'rejected') throw start.reason
    await introduce(nodes, connections)
    return { nodes: nodes.map(({ server }) => server), stop }
  } catch (error) {
    await stop()
    throw error
  } finally {
    for (const connection of connections) connection.disconnect()
  }
}

async function startNode(): Promise<Node> {
  const busPort = await freePort()
  const server = await startRedis({
    'cluster-enabled': 'yes',
    'cluster-port': String(busPort),
    'cluster-node-timeout': '2000',
    // Else a replica waits five seconds for others that might want the same copy.
    'repl-diskless-sync-delay': '0',
  })
  return { server, busPort }
}

/** The steps of `redis-cli --cluster create`, without its pauses. */
async function introduce(nodes: readonly Node[], connections: readonly Redis[]) {
  const all = async (test: (redis: Redis) => Promise<boolean>) =>
    (await Promise.all(connections.map(test))).every(Boolean)
  const primaries = connections.slice(0, PRIMARIES)
  const replicas = connections.slice(PRIMARIES)

  await Promise.all(connections.map((redis, index) => redis.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)))
  await Promise.all(
    primaries.map((redis, index) => redis.call('CLUSTER', 'ADDSLOTSRANGE', firstSlot(index), firstSlot(index + 1) - 1)),
  )
  for (const { server, busPort } of nodes) {
    await connections[0]?.call('CLUSTER', 'MEET', '127.0.0.1', server.port, busPort)
  }
  await until('every node knows the five others', () => all((redis) => says(redis, 'cluster_known_nodes:6')))
  const names = await Promise.all(primaries.map((redis) => redis.call('CLUSTER', 'MYID')))
  await Promise.all(replicas.map((redis, index) => redis.call('CLUSTER', 'REPLICATE', String(names[index]))))
  await until('every node calls the cluster complete', () => all((redis) => says(redis, 'cluster_state:ok')))
  await until('every node knows the replicas', () => all(async (redis) => (await replicasKnownTo(redis)) === 3))
  await until('the replicas have their copies', async () => {
    const reports = await Promise.all(replicas.map((redis) => redis.info('replication')))
    return reports.every((report) => report.includes('master_link_status:up'))
  })
}

const firstSlot = (primary: number) => Math.ceil((SLOTS * primary) / PRIMARIES)

async function replicasKnownTo(redis: Redis): Promise<number> {
  return String(await redis.call('CLUSTER', 'NODES')).match(/[ ,]slave /g)?.length ?? 0
}

async function says(redis: Redis, line: string): Promise<boolean> {
  return String(await redis.call('CLUSTER', 'INFO')).includes(line)
}
