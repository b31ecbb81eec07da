/** One window: a load on one server, and what it cost. */
import type { Load } from '../load/orders.ts'
import type { Tally } from '../load/recorder.ts'
import type { Generator } from '../load/start-generator.ts'
import type { MeasuredServer } from '../machines/measured-server.ts'
import { type Usage, usageDuring } from './usage.ts'

export interface Window extends Usage {
  tally: Tally
  perSecond: number
  /** Of the server, for one operation that went well. */
  cpuMicroseconds: number
}

interface Measuring {
  generator: Generator
  server: MeasuredServer
}

export async function measureWindow({ generator, server }: Measuring, load: Load): Promise<Window> {
  const { result, usage } = await usageDuring({ server, generator }, () => generator.load(load))
  return {
    ...usage,
    tally: result,
    perSecond: result.done / result.seconds,
    cpuMicroseconds: (usage.serverSeconds * 1e6) / result.done,
  }
}

/** Beyond this share of a core the generator is what is measured. */
const GENERATOR_BUSY_MAX = 0.9

/** Whatever speaks against these windows. `saturated`: whether the server was meant to be busy all the time. */
export function faultsOf(windows: readonly Window[], { saturated }: { saturated: boolean }): string[] {
  const busiest = Math.max(...windows.map(({ generatorBusy }) => generatorBusy))
  const idlest = Math.min(...windows.map(({ serverBusy }) => serverBusy))
  return [
    ...failuresOf(windows.map(({ tally }) => tally)),
    ...(busiest > GENERATOR_BUSY_MAX ? [`the generator was at its limit (${percent(busiest)} of a core)`] : []),
    ...(saturated && idlest < SERVER_BUSY_MIN
      ? [`a server was waiting (busy ${percent(idlest)}): its rate says less than its CPU time`]
      : []),
  ]
}

const SERVER_BUSY_MIN = 0.85

/** What was not answered as it should be, and how often. */
export function failuresOf(tallies: readonly Tally[]): string[] {
  const failed = new Map<string, number>()
  for (const { faults } of tallies) {
    for (const [what, times] of Object.entries(faults)) failed.set(what, (failed.get(what) ?? 0) + times)
  }
  return Array.from(failed, ([what, times]) => `${times} × ${what}`)
}

export const percent = (share: number) => `${Math.round(share * 100)} %`
