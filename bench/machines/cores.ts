/** Who runs where. The server that is measured has a core to itself; everything else shares the others. */
import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export interface Cores {
  /** A list as `taskset -c` takes it. */
  server: string
  others: string
}

export function chooseCores(): Cores {
  const count = availableParallelism()
  if (count < 2) throw new Error('The bench needs two cores: one for the server that is measured, one for all else.')
  return { server: '0', others: count === 2 ? '1' : `1-${count - 1}` }
}

/** Moves a process that runs already, with all its threads; what it starts from now on inherits it. */
export function pin(pid: number, cores: string): void {
  execFileSync('taskset', ['-a', '-c', '-p', cores, String(pid)], { stdio: 'ignore' })
}
