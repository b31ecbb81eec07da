import { existsSync, readFileSync } from 'node:fs'

/** The processes that this one has started and that have not been collected, in the order of their start. */
export function childrenOf(pid: number): number[] {
  const listed = `/proc/${pid}/task/${pid}/children`
  return existsSync(listed) ? readFileSync(listed, 'utf8').split(' ').filter(Boolean).map(Number) : []
}

export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone already, which is as good.
  }
}

/** A process that ended but was not collected yet (state Z) runs no more. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
