/** The whole sign-in with its hash, against what the hash alone allows; and how long people wait for it. */
import type { MeasuredCampus } from '../machines/campus.ts'
import { takePairs } from '../measuring/pairs.ts'
import { estimate, median } from '../measuring/statistics.ts'
import { usageDuring } from '../measuring/usage.ts'
import { faultsOf, measureWindow } from '../measuring/windows.ts'
import type { Bench, Operation } from './bench-tools.ts'
import { countsOf } from './counts.ts'
import { type Finding, judge } from './finding.ts'

/** As many as before the sign-in without its hash (plan.ts). */
const WARM_UP_TIMES = 1_200
/** More would only stand in the hashing queue. */
const SLOTS = 16
const LEAST_OF_LIMIT = 0.8
const HALF_LOAD_MILLISECONDS_MAX = 60

const signInAt = ({ target }: MeasuredCampus) => ({ target, scenario: 'sign-in' }) as const

export const signInAgainstLimit: Operation = {
  operation: 'sign-in',
  title: 'password sign-in, against argon2id (A)',
  async measure(bench) {
    const { effort, generator, world, random, progress } = bench
    const { operation, title } = signInAgainstLimit
    const must = `≥ ${LEAST_OF_LIMIT} A`
    const [ours, limit] = [await world.complete(), await world.hashingLimit()]
    progress('warming up')
    await limit.verify(effort.warmUpSeconds)
    // Until the program is optimised; with its hash that takes long, and must not take for ever.
    const warmUp = { slots: SLOTS, times: WARM_UP_TIMES, seconds: effort.warmUpSeconds * 30 }
    await generator.load({ ...signInAt(ours), kind: 'closed', ...warmUp })
    const { pairs, faults } = await takePairs({
      count: effort.pairs,
      foreignMax: effort.foreignMax,
      async first() {
        const { result, usage } = await usageDuring({ server: limit, generator }, () =>
          limit.verify(effort.windowSeconds),
        )
        return { ...usage, perSecond: result.done / result.seconds, cpu: (usage.serverSeconds * 1e6) / result.done }
      },
      second() {
        const load = { ...signInAt(ours), kind: 'closed', slots: SLOTS, seconds: effort.windowSeconds } as const
        return measureWindow({ generator, server: ours }, load)
      },
      progress,
    })
    const counts = await countsOf(bench, ours, 'sign-in')
    if (!pairs) return { operation, title, must, counts, verdict: 'not measured', faults }
    const ratio = estimate(
      pairs.map(([alone, whole]) => alone.cpu / whole.cpuMicroseconds),
      random,
    )
    const windows = pairs.map(([, whole]) => whole)
    const perSecond = median(windows.map((window) => window.perSecond))
    return {
      operation,
      title,
      ours: {
        perSecond,
        cpuMicroseconds: median(windows.map(({ cpuMicroseconds }) => cpuMicroseconds)),
        ...(await waitAt(bench, ours, perSecond / 2)),
      },
      limitPerSecond: median(pairs.map(([alone]) => alone.perSecond)),
      ratio,
      against: 'A',
      least: LEAST_OF_LIMIT,
      must,
      counts,
      verdict: judge(ratio, { least: LEAST_OF_LIMIT }),
      faults: [...faults, ...faultsOf(windows, { saturated: true })],
    }
  },
}

export const signInLatency: Operation = {
  operation: 'sign-in-latency',
  title: 'password sign-in at half of A, p99 of all five requests',
  async measure(bench): Promise<Finding> {
    const { effort, generator, world, random, progress } = bench
    const { operation, title } = signInLatency
    const [ours, limit] = [await world.complete(), await world.hashingLimit()]
    const { done, seconds } = await limit.verify(effort.windowSeconds)
    const rate = done / seconds / 2
    const load = { ...signInAt(ours), kind: 'open', slots: 32, seconds: effort.windowSeconds * 2, rate } as const
    await generator.load({ ...load, seconds: effort.warmUpSeconds })
    // The second of a pair is as good as the first: both are windows of the same thing.
    const take = () => measureWindow({ generator, server: ours }, load)
    const { pairs, faults } = await takePairs({
      count: effort.pairs,
      foreignMax: effort.foreignMax,
      first: take,
      second: take,
      progress,
    })
    const must = `≤ ${HALF_LOAD_MILLISECONDS_MAX} ms`
    if (!pairs) return { operation, title, must, verdict: 'not measured', faults }
    const windows = pairs.flat()
    const p99 = estimate(
      windows.map(({ tally }) => tally.p99),
      random,
    )
    return {
      operation,
      title,
      measured: `${p99.value.toFixed(0)} ms [${p99.low.toFixed(0)}, ${p99.high.toFixed(0)}]`,
      must,
      verdict: judge(p99, { most: HALF_LOAD_MILLISECONDS_MAX }),
      faults: [...faults, ...faultsOf(windows, { saturated: false })],
    }
  },
}

async function waitAt({ effort, generator }: Bench, ours: MeasuredCampus, rate: number) {
  const load = { ...signInAt(ours), kind: 'open', slots: 32, seconds: effort.windowSeconds, rate } as const
  const { p50, p99 } = await generator.load(load)
  return { p50, p99 }
}
