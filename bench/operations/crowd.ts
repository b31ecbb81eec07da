/** Everything else while sign-ins take all that the hashing threads can give: does the rest of the school notice? */
import type { Load } from '../load/orders.ts'
import type { Tally } from '../load/recorder.ts'
import type { ScenarioName } from '../load/scenarios.ts'
import { takePairs } from '../measuring/pairs.ts'
import { estimate, median } from '../measuring/statistics.ts'
import { usageDuring } from '../measuring/usage.ts'
import { failuresOf } from '../measuring/windows.ts'
import type { Bench, Operation } from './bench-tools.ts'
import { type Finding, judge } from './finding.ts'

const TIMES_IDLE_MAX = 5
const RATE = 100
const SLOTS_OF_SIGN_INS = 16

const OTHERS = ['refresh-es256', 'userinfo'] as const satisfies ScenarioName[]

export const crowd: Operation = {
  operation: 'crowd',
  title: 'refresh and userinfo while sign-ins saturate, p99 against idle',
  async measure(bench): Promise<Finding> {
    const { effort, generator, world, random, progress } = bench
    const { operation, title } = crowd
    const { target } = await world.complete()
    const seconds = effort.windowSeconds * 2
    const others = OTHERS.map((scenario): Load => ({ target, scenario, kind: 'open', slots: 32, rate: RATE, seconds }))
    const signIns: Load = { target, scenario: 'sign-in', kind: 'closed', slots: SLOTS_OF_SIGN_INS, seconds }
    for (const load of others) await generator.load({ ...load, seconds: effort.warmUpSeconds })
    const { pairs, faults } = await takePairs({
      count: effort.pairs,
      foreignMax: effort.foreignMax,
      first: () => together(bench, others),
      second: () => together(bench, [...others, signIns]),
      progress,
    })
    const must = `≤ ${TIMES_IDLE_MAX} × idle`
    if (!pairs) return { operation, title, must, verdict: 'not measured', faults }
    // The one that notices more.
    const times = pairs.map(([idle, busy]) => Math.max(...OTHERS.map((_, at) => p99(busy, at) / p99(idle, at))))
    const ratio = estimate(times, random)
    const worst = (side: 0 | 1) => Math.max(...OTHERS.map((_, at) => median(pairs.map((pair) => p99(pair[side], at)))))
    const times95 = `${ratio.value.toFixed(1)} × [${ratio.low.toFixed(1)}, ${ratio.high.toFixed(1)}]`
    return {
      operation,
      title,
      measured: `${times95}: ${worst(0).toFixed(1)} → ${worst(1).toFixed(1)} ms`,
      must,
      verdict: judge(ratio, { most: TIMES_IDLE_MAX }),
      faults: [...faults, ...failuresOf(pairs.flat().flatMap(({ tallies }) => tallies))],
    }
  },
}

interface Together {
  foreign: number
  tallies: Tally[]
}

const p99 = ({ tallies }: Together, at: number) => tallies[at]?.p99 ?? Number.NaN

async function together({ generator }: Bench, loads: readonly Load[]): Promise<Together> {
  const all = () => Promise.all(loads.map((load) => generator.load(load)))
  const { result, usage } = await usageDuring({ server: null, generator }, all)
  return { foreign: usage.foreign, tallies: result }
}
