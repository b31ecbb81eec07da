/** What several processes count, as one server. */
import { Registry } from '@prometheus-io/client'
import type { Snapshot } from './prometheus.ts'

/** What one process answers; plain data, for it comes from another process. */
export interface Report {
  /** Nobody else's, also not that of a later process of the same number. */
  process: string
  pid: number
  metrics: Snapshot
}

export interface Gathering {
  /**
   * `living` are the numbers of the processes that run. A process that runs and does not answer is `silent`: its counts
   * stand as they were seen last, and its gauges are left out.
   */
  gather(answers: readonly unknown[], living: readonly number[]): Promise<{ snapshots: Snapshot[]; silent: number }>
}

/**
 * A sum that falls is taken for a restart of all that it counts, and what is left of it for new: a graph would leap
 * with each worker that is renewed. So the counts of a process stay when it is gone, as they were seen last.
 */
export function createGathering(): Gathering {
  const latest = new Map<string, { pid: number; counts: Snapshot }>()
  let past: Snapshot = []

  return {
    async gather(answers, living) {
      const reports = answers.filter(isReport)
      for (const { process, pid, metrics } of reports) latest.set(process, { pid, counts: countsOf(metrics) })
      const answered = new Set(reports.map(({ process }) => process))
      const numbersThatAnswered = new Set(reports.map(({ pid }) => pid))
      const silent: Snapshot[] = []
      for (const [process, { pid, counts }] of latest) {
        if (answered.has(process)) continue
        if (living.includes(pid) && !numbersThatAnswered.has(pid)) {
          silent.push(counts)
          continue
        }
        latest.delete(process)
        past = await together([past, counts])
      }
      return { snapshots: [past, ...silent, ...reports.map(({ metrics }) => metrics)], silent: silent.length }
    },
  }
}

function isReport(answer: unknown): answer is Report {
  return typeof answer === 'object' && answer !== null && 'process' in answer && 'pid' in answer && 'metrics' in answer
}

function countsOf(metrics: Snapshot): Snapshot {
  return metrics.filter(({ type }) => type === 'counter' || type === 'histogram')
}

function together(snapshots: readonly Snapshot[]): Promise<Snapshot> {
  return Registry.aggregate([...snapshots]).getMetricsAsJSON()
}
