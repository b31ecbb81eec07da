/** One window: a load for some seconds, and who used the processors meanwhile. */
import { availableParallelism } from 'node:os'
import type { Order } from '../load/orders.ts'
import type { Tally } from '../load/recorder.ts'
import type { Generator } from '../load/start-generator.ts'
import type { MeasuredServer } from '../machines/measured-server.ts'
import { busySeconds, familySeconds, foreignShare } from './processor-time.ts'

export interface Window extends Tally {
  /** Of the server with all its processes and threads, for one operation that went well. */
  cpuMicroseconds: number
  /** Of one core. A server that is not busy was waiting for somebody: its rate says little, its CPU time much. */
  serverBusy: number
  /** Of one core. A generator at its limit measures itself. */
  generatorBusy: number
  /** Of all processors: what neither the bench nor anything that it started has used. */
  foreign: number
}

export type Load = Extract<Order, { kind: 'closed' | 'open' }>

interface Measuring {
  generator: Generator
  server: MeasuredServer
}

export async function measureWindow({ generator, server }: Measuring, load: Load): Promise<Window> {
  const before = readings(server, generator)
  const tally = await generator.order(load)
  const after = readings(server, generator)
  if (!tally) throw new Error('a window without a tally')
  const seconds = after.at - before.at
  const used = (who: 'server' | 'generator' | 'ours' | 'machine') => after[who] - before[who]
  return {
    ...tally,
    cpuMicroseconds: (used('server') * 1e6) / tally.done,
    serverBusy: used('server') / seconds,
    generatorBusy: used('generator') / seconds,
    foreign: foreignShare({
      machine: used('machine'),
      ours: used('ours'),
      seconds,
      processors: availableParallelism(),
    }),
  }
}

function readings({ pid }: MeasuredServer, generator: Generator) {
  return {
    at: performance.now() / 1000,
    server: familySeconds(pid),
    generator: familySeconds(generator.pid),
    // Stores, servers and generator are children of this process.
    ours: familySeconds(process.pid),
    machine: busySeconds(),
  }
}
