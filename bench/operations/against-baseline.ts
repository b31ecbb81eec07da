/** Everything that both do: B, ours, B, ours, … on the same core, and the median of what each pair says. */
import type { ScenarioName } from '../load/scenarios.ts'
import type { MeasuredServer } from '../machines/measured-server.ts'
import { takePairs } from '../measuring/pairs.ts'
import { estimate, median } from '../measuring/statistics.ts'
import { faultsOf, measureWindow, type Window } from '../measuring/windows.ts'
import type { Bench, Operation } from './bench-tools.ts'
import { countsOf } from './counts.ts'
import { type Capacity, type Finding, judge } from './finding.ts'

export interface PairedOperation {
  operation: string
  title: string
  scenario: ScenarioName
  /** How many times B it must be. */
  least: number
  /** Steps that use something up (a code each) come in portions of this many. */
  portion?: number
  /** A program that has not been optimised yet is not the one that runs: a sign-in needs more than a thousand. */
  warmUpTimes?: number
}

const SLOTS = 32
/** Right after the other server has had the core. */
const SETTLE_SECONDS = 0.3

export function againstBaseline(wanted: PairedOperation): Operation {
  const { operation, title } = wanted
  return { operation, title, measure: (bench) => measure(bench, wanted) }
}

async function measure(bench: Bench, wanted: PairedOperation): Promise<Finding> {
  const { effort, world, progress, random } = bench
  const { operation, title, least } = wanted
  const must = `≥ ${least} B`
  const baseline = await world.baseline()
  const ours = await world.withoutHash()
  for (const side of [baseline, ours]) await warmUp(bench, side, wanted)
  const { pairs, faults } = await takePairs({
    count: effort.pairs,
    foreignMax: effort.foreignMax,
    first: () => takeWindow(bench, baseline, wanted),
    second: () => takeWindow(bench, ours, wanted),
    progress,
  })
  const counts = await countsOf(bench, ours, wanted.scenario)
  if (!pairs) return { operation, title, must, counts, verdict: 'not measured', faults }
  const [theirs, own] = [pairs.map(([first]) => first), pairs.map(([, second]) => second)]
  const ratio = estimate(
    pairs.map(([first, second]) => first.cpuMicroseconds / second.cpuMicroseconds),
    random,
  )
  const sides = {
    baseline: await capacity(bench, baseline, wanted, theirs),
    ours: await capacity(bench, ours, wanted, own),
  }
  return {
    operation,
    title,
    ...sides,
    ratio,
    against: 'B',
    least,
    rateRatio: estimate(
      pairs.map(([first, second]) => second.perSecond / first.perSecond),
      random,
    ),
    must,
    counts,
    verdict: judge(ratio, { least }),
    faults: [...faults, ...faultsOf(pairs.flat(), { saturated: true })],
  }
}

async function takeWindow(
  { generator, effort }: Bench,
  server: MeasuredServer,
  wanted: PairedOperation,
): Promise<Window> {
  const { scenario, portion } = wanted
  const aim = { target: server.target, scenario, slots: SLOTS }
  if (portion === undefined) await generator.load({ ...aim, kind: 'closed', seconds: SETTLE_SECONDS })
  else await generator.prepare({ ...aim, kind: 'restock', times: portion })
  const times = portion === undefined ? {} : { times: portion }
  return measureWindow({ generator, server }, { ...aim, kind: 'closed', seconds: effort.windowSeconds, ...times })
}

async function warmUp({ generator, effort, progress }: Bench, server: MeasuredServer, wanted: PairedOperation) {
  progress(`warming up ${server.target.name}`)
  const { scenario, portion, warmUpTimes } = wanted
  const aim = { target: server.target, scenario, slots: SLOTS }
  if (portion !== undefined) await generator.prepare({ ...aim, kind: 'restock', times: portion })
  const times = portion ?? warmUpTimes
  const seconds = warmUpTimes === undefined ? effort.warmUpSeconds : effort.warmUpSeconds * 4
  await generator.load({ ...aim, kind: 'closed', seconds, ...(times !== undefined && { times }) })
}

/** With the latency at half of what it can bear. */
async function capacity(
  { generator, effort, progress }: Bench,
  server: MeasuredServer,
  { scenario, portion }: PairedOperation,
  windows: readonly Window[],
): Promise<Capacity> {
  progress('latency at half load')
  const perSecond = median(windows.map((window) => window.perSecond))
  const aim = { target: server.target, scenario, slots: SLOTS }
  const load = { rate: perSecond / 2, seconds: effort.windowSeconds }
  if (portion !== undefined) {
    await generator.prepare({ ...aim, kind: 'restock', times: Math.ceil(load.rate * load.seconds) })
  }
  const tally = await generator.load({ ...aim, kind: 'open', ...load })
  const cpuMicroseconds = median(windows.map((window) => window.cpuMicroseconds))
  return { perSecond, cpuMicroseconds, p50: tally.p50, p99: tally.p99 }
}
