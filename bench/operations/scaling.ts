/**
 * Two workers against one, by what an operation costs: the generator needs a core of its own, so on a small machine the
 * rate of two workers says nothing. Both run on all cores and are asked as often.
 */
import type { Load } from '../load/orders.ts'
import { startCampus } from '../machines/campus.ts'
import { takePairs } from '../measuring/pairs.ts'
import { estimate } from '../measuring/statistics.ts'
import { faultsOf, measureWindow } from '../measuring/windows.ts'
import type { Operation } from './bench-tools.ts'
import { type Finding, judge } from './finding.ts'

/** 1.7 times as much on two cores. */
const LEAST = 0.85
const SLOTS = 32
/** Of what one worker can bear. */
const LOAD_SHARE = 0.4

export const scaling: Operation = {
  operation: 'scaling',
  title: 'CPU of userinfo with 1 worker against 2',
  async measure({ cores, effort, generator, progress, random, world }): Promise<Finding> {
    const { operation, title } = scaling
    const campus = await world.campus()
    const start = (workers: number) =>
      startCampus(campus, {
        name: `workers-${workers}`,
        cores: `${cores.server},${cores.others}`,
        withHash: false,
        environment: { WORKERS: String(workers) },
      })
    await using stack = new AsyncDisposableStack()
    const [one, two] = [
      stack.adopt(await start(1), (server) => server.stop()),
      stack.adopt(await start(2), (server) => server.stop()),
    ]
    const aim = { scenario: 'userinfo', slots: SLOTS } as const
    progress('warming up')
    const warmUp = { ...aim, kind: 'closed', seconds: effort.warmUpSeconds * 2 } as const
    const { done, seconds } = await generator.load({ ...warmUp, target: one.target })
    await generator.load({ ...warmUp, target: two.target })
    const rate = (done / seconds) * LOAD_SHARE
    const load = (target: Load['target']): Load => ({
      ...{ ...aim, kind: 'open', target, rate, seconds: effort.windowSeconds },
    })
    const { pairs, faults } = await takePairs({
      count: effort.pairs,
      foreignMax: effort.foreignMax,
      first: () => measureWindow({ generator, server: one }, load(one.target)),
      second: () => measureWindow({ generator, server: two }, load(two.target)),
      progress,
    })
    const must = `≥ ${LEAST}`
    if (!pairs) return { operation, title, must, verdict: 'not measured', faults }
    const ratio = estimate(
      pairs.map(([alone, both]) => alone.cpuMicroseconds / both.cpuMicroseconds),
      random,
    )
    return {
      operation,
      title,
      ratio,
      least: LEAST,
      must,
      verdict: judge(ratio, { least: LEAST }),
      faults: [...faults, ...faultsOf(pairs.flat(), { saturated: false })],
    }
  },
}
