/** Who used the processors while something went on. */
import { availableParallelism } from 'node:os'
import { busySeconds, familySeconds, foreignShare } from './processor-time.ts'

export interface Usage {
  seconds: number
  /** Processor seconds of the server that was measured, with all its processes and threads. */
  serverSeconds: number
  /** Of one core. A server that is not busy was waiting for somebody: its rate says little, its CPU time much. */
  serverBusy: number
  /** Of one core. A generator at its limit measures itself. */
  generatorBusy: number
  /** Of all processors: what neither the bench nor anything that it started has used. */
  foreign: number
}

export interface Watched {
  /** null where it comes or goes meanwhile. */
  server: { pid: number } | null
  generator: { pid: number }
}

export async function usageDuring<Result>(watched: Watched, act: () => Promise<Result>) {
  const before = readings(watched)
  const result = await act()
  const after = readings(watched)
  const used = (who: keyof typeof before) => after[who] - before[who]
  const seconds = used('at')
  const usage: Usage = {
    seconds,
    serverSeconds: used('server'),
    serverBusy: used('server') / seconds,
    generatorBusy: used('generator') / seconds,
    foreign: foreignShare({
      machine: used('machine'),
      ours: used('ours'),
      seconds,
      processors: availableParallelism(),
    }),
  }
  return { result, usage }
}

function readings({ server, generator }: Watched) {
  return {
    at: performance.now() / 1000,
    server: server === null ? 0 : familySeconds(server.pid),
    generator: familySeconds(generator.pid),
    // Stores, servers and generator are children of this process.
    ours: familySeconds(process.pid),
    machine: busySeconds(),
  }
}
