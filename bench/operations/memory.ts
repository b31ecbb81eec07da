/** What lies in memory of a worker that rests, and of one that has worked at 70 % of what it can bear. */
import type { Load } from '../load/orders.ts'
import { startCampus } from '../machines/campus.ts'
import { familyOf, memoryOf } from '../measuring/processor-time.ts'
import { usageDuring } from '../measuring/usage.ts'
import { failuresOf, percent } from '../measuring/windows.ts'
import type { Bench, Operation } from './bench-tools.ts'
import type { Finding } from './finding.ts'

const MEGABYTES_MAX = { idle: 160, load: 350 }
/** Of the hashing limit: the rest of the 70 % is refreshed and asked for. */
const SIGN_INS = 0.55
const OTHERS_A_SECOND = 150

export const memoryIdle: Operation = {
  operation: 'memory-idle',
  title: 'memory of a worker, idle',
  async measure(bench) {
    const { effort, progress } = bench
    await using server = await freshServer(bench)
    progress('resting')
    await new Promise((resolve) => setTimeout(resolve, effort.memorySeconds.idle * 1000))
    return finding(memoryIdle, residentOf(server.pid), MEGABYTES_MAX.idle, [])
  },
}

export const memoryLoad: Operation = {
  operation: 'memory-load',
  title: 'memory of a worker, after a while at 70 %',
  async measure(bench) {
    const { effort, generator, progress, world } = bench
    await using server = await freshServer(bench)
    const limit = await (await world.hashingLimit()).verify(1)
    const aim = { target: server.target, kind: 'open', slots: 32, seconds: effort.memorySeconds.load } as const
    const loads: Load[] = [
      { ...aim, scenario: 'sign-in', rate: (limit.done / limit.seconds) * SIGN_INS },
      { ...aim, scenario: 'refresh-es256', rate: OTHERS_A_SECOND },
      { ...aim, scenario: 'userinfo', rate: OTHERS_A_SECOND },
    ]
    progress('working')
    const all = () => Promise.all(loads.map((load) => generator.load(load)))
    const { result, usage } = await usageDuring({ server, generator }, all)
    const faults = [...failuresOf(result), `the worker was busy for ${percent(usage.serverBusy)}`]
    return finding(memoryLoad, residentOf(server.pid), MEGABYTES_MAX.load, faults)
  },
}

async function freshServer({ cores, world }: Bench) {
  // It alone listens to its port: another that stands on the same stores does not matter.
  const server = await startCampus(await world.campus(), { name: 'memory', cores: cores.server, withHash: true })
  return { ...server, [Symbol.asyncDispose]: () => server.stop() }
}

/** The largest of the family: the worker, where another process stands above it. */
function residentOf(pid: number): number {
  return Math.max(...familyOf(pid).map((member) => memoryOf(member).resident || 0))
}

function finding({ operation, title }: Operation, bytes: number, most: number, faults: string[]): Finding {
  const megabytes = bytes / 1024 / 1024
  return {
    operation,
    title,
    measured: `${megabytes.toFixed(0)} MB`,
    must: `≤ ${most} MB`,
    verdict: megabytes <= most ? 'met' : 'missed',
    faults,
  }
}
