/** Everything that both do: B, ours, B, ours, … on the same core, and the median of what each pair says. */
import type { Tally } from '../load/recorder.ts'
import type { ScenarioName } from '../load/scenarios.ts'
import type { MeasuredServer } from '../machines/measured-server.ts'
import { takeClean } from '../measuring/clean-windows.ts'
import { estimate, median } from '../measuring/statistics.ts'
import { measureWindow, type Window } from '../measuring/windows.ts'
import type { Bench } from './bench-tools.ts'
import { type Capacity, type Finding, judge } from './finding.ts'

export interface PairedOperation {
  operation: string
  title: string
  scenario: ScenarioName
  /** Where it is another one at the baseline. */
  scenarioOfBaseline?: ScenarioName
  /** How many times B it must be. */
  least: number
  /** Steps that use something up (a code each) come in portions of this many. */
  portion?: number
  /** A program that has not been optimised yet is not the one that runs: a sign-in needs more than a thousand. */
  warmUpTimes?: number
}

/** Fewer clean pairs say nothing. */
const PAIRS_MIN = 3
const SLOTS = 32
/** Right after the other server has had the core. */
const SETTLE_SECONDS = 0.3
/** Of one core: beyond it the generator is what is measured. */
const GENERATOR_BUSY_MAX = 0.9
const SERVER_BUSY_MIN = 0.85

interface Sides {
  baseline: MeasuredServer
  ours: MeasuredServer
}

export async function againstBaseline(bench: Bench, sides: Sides, wanted: PairedOperation): Promise<Finding> {
  const { pairs, foreignMax } = bench.effort
  const { operation, title, least } = wanted
  const must = `≥ ${least} B`
  for (const side of [sides.baseline, sides.ours]) await warmUp(bench, side, wanted)
  const taken: (readonly [Window, Window])[] = []
  let noise = 0
  for (let pair = 1; pair <= pairs; pair++) {
    bench.progress(`pair ${pair} of ${pairs}`)
    const { result, foreign } = await takeClean(() => takePair(bench, sides, wanted), { foreignMax })
    if (result) taken.push(result)
    else noise = Math.max(noise, foreign)
  }
  const faults = [...noiseFault(noise, pairs - taken.length), ...faultsOf(taken.flat())]
  if (taken.length < Math.min(PAIRS_MIN, pairs)) {
    return { operation, title, must, verdict: 'not measured', faults }
  }
  const [baseline, ours] = [taken.map(([first]) => first), taken.map(([, second]) => second)]
  const ratio = estimate(
    taken.map(([theirs, own]) => theirs.cpuMicroseconds / own.cpuMicroseconds),
    bench.random,
  )
  return {
    operation,
    title,
    baseline: await capacity(bench, sides.baseline, wanted, baseline),
    ours: await capacity(bench, sides.ours, wanted, ours),
    ratio,
    against: 'B',
    least,
    rateRatio: estimate(
      taken.map(([theirs, own]) => rate(own) / rate(theirs)),
      bench.random,
    ),
    must,
    verdict: judge(ratio, { least }),
    faults,
  }
}

async function takePair(bench: Bench, { baseline, ours }: Sides, wanted: PairedOperation) {
  return [await takeWindow(bench, baseline, wanted), await takeWindow(bench, ours, wanted)] as const
}

async function takeWindow(bench: Bench, server: MeasuredServer, wanted: PairedOperation): Promise<Window> {
  const { generator, effort } = bench
  const order = { target: server.target, scenario: scenarioAt(server, wanted) }
  const { portion } = wanted
  if (portion === undefined) await generator.order({ ...order, kind: 'closed', slots: SLOTS, seconds: SETTLE_SECONDS })
  else await generator.order({ ...order, kind: 'restock', times: portion })
  const times = portion === undefined ? {} : { times: portion }
  const load = { ...order, kind: 'closed', slots: SLOTS, seconds: effort.windowSeconds, ...times } as const
  return measureWindow({ generator, server }, load)
}

async function warmUp({ generator, effort, progress }: Bench, server: MeasuredServer, wanted: PairedOperation) {
  progress(`warming up ${server.target.name}`)
  const { portion, warmUpTimes } = wanted
  const order = { target: server.target, scenario: scenarioAt(server, wanted) }
  if (portion !== undefined) await generator.order({ ...order, kind: 'restock', times: portion })
  const times = portion ?? warmUpTimes
  await generator.order({
    ...order,
    kind: 'closed',
    slots: SLOTS,
    seconds: warmUpTimes === undefined ? effort.warmUpSeconds : effort.warmUpSeconds * 4,
    ...(times !== undefined && { times }),
  })
}

/** With the latency at half of what it can bear. */
async function capacity(
  { generator, effort, progress }: Bench,
  server: MeasuredServer,
  wanted: PairedOperation,
  windows: readonly Window[],
): Promise<Capacity> {
  progress('latency at half load')
  const perSecond = median(windows.map(rate))
  const order = { target: server.target, scenario: scenarioAt(server, wanted) }
  const load = { rate: perSecond / 2, seconds: effort.windowSeconds }
  if (wanted.portion !== undefined) {
    await generator.order({ ...order, kind: 'restock', times: Math.ceil(load.rate * load.seconds) })
  }
  const tally = await generator.order({ ...order, kind: 'open', slots: SLOTS, ...load })
  return {
    perSecond,
    cpuMicroseconds: median(windows.map((window) => window.cpuMicroseconds)),
    p50: tally?.p50 ?? Number.NaN,
    p99: tally?.p99 ?? Number.NaN,
  }
}

function scenarioAt({ target }: MeasuredServer, { scenario, scenarioOfBaseline }: PairedOperation): ScenarioName {
  return target.name === 'baseline' ? (scenarioOfBaseline ?? scenario) : scenario
}

const rate = ({ done, seconds }: Tally) => done / seconds

function noiseFault(noise: number, lost: number): string[] {
  return lost === 0 ? [] : [`${lost} pairs not measured: foreign CPU ${percent(noise)}`]
}

function faultsOf(windows: readonly Window[]): string[] {
  const failed = new Map<string, number>()
  for (const { faults } of windows) {
    for (const [what, times] of Object.entries(faults)) failed.set(what, (failed.get(what) ?? 0) + times)
  }
  const busiest = Math.max(...windows.map(({ generatorBusy }) => generatorBusy))
  const idlest = Math.min(...windows.map(({ serverBusy }) => serverBusy))
  return [
    ...Array.from(failed, ([what, times]) => `${times} × ${what}`),
    ...(busiest > GENERATOR_BUSY_MAX ? [`the generator was at its limit (${percent(busiest)} of a core)`] : []),
    ...(idlest < SERVER_BUSY_MIN ? [`a server was waiting (busy ${percent(idlest)}): trust the CPU time`] : []),
  ]
}

const percent = (share: number) => `${Math.round(share * 100)} %`
