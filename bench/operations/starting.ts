/** From the start of the process to its first answer that it is ready, on a database that is up to date. */
import { startBaseline } from '../machines/baseline.ts'
import { startCampus } from '../machines/campus.ts'
import type { RunningProgram } from '../machines/program.ts'
import { takePairs } from '../measuring/pairs.ts'
import { estimate, median } from '../measuring/statistics.ts'
import { usageDuring } from '../measuring/usage.ts'
import type { Bench, Operation } from './bench-tools.ts'
import { type Finding, judge } from './finding.ts'

const SECONDS_MAX = 1.5

export const starting: Operation = {
  operation: 'start',
  title: 'start to ready',
  async measure(bench): Promise<Finding> {
    const { cores, effort, world, random, progress } = bench
    const { operation, title } = starting
    // It has run before, so the schema is there.
    await world.complete()
    const campus = await world.campus()
    const ours = { name: 'starting', cores: cores.server, withHash: true }
    const { pairs, faults } = await takePairs({
      count: effort.starts,
      foreignMax: effort.foreignMax,
      first: () => startOnce(bench, () => startBaseline({ folder: world.folder, cores: cores.server })),
      second: () => startOnce(bench, () => startCampus(campus, ours)),
      progress,
    })
    const must = `≤ ${SECONDS_MAX} s`
    if (!pairs) return { operation, title, must, verdict: 'not measured', faults }
    const own = estimate(
      pairs.map(([, second]) => second.seconds),
      random,
    )
    const bare = median(pairs.map(([first]) => first.seconds))
    const { value, low, high } = own
    return {
      operation,
      title,
      measured: `${value.toFixed(2)} s [${low.toFixed(2)}, ${high.toFixed(2)}]; B ${bare.toFixed(2)} s`,
      must,
      verdict: judge(own, { most: SECONDS_MAX }),
      faults,
    }
  },
}

async function startOnce({ generator }: Bench, start: () => Promise<RunningProgram>) {
  const { result, usage } = await usageDuring({ server: null, generator }, start)
  await result.stop()
  return { seconds: result.readyMilliseconds / 1000, foreign: usage.foreign }
}
