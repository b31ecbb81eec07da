/** Who used the processors, from what Linux counts: in ticks of a hundredth of a second. */
import { readFileSync } from 'node:fs'

const TICKS_A_SECOND = 100

/** Seconds of all processors together, idle ones left out; what another guest of the host took is counted in. */
export function busySecondsIn(procStat: string): number {
  const [, user, nice, system, , , interrupt, softInterrupt, steal] = (procStat.split('\n')[0] ?? '').split(/\s+/)
  const busy = [user, nice, system, interrupt, softInterrupt, steal].map(Number)
  return busy.reduce((sum, ticks) => sum + ticks, 0) / TICKS_A_SECOND
}

/** Seconds of a process with all its threads; `collected`: of its children that have ended. */
export function processSecondsIn(processStat: string): { own: number; collected: number } {
  // The name stands in brackets and may hold anything, brackets and spaces too.
  const fields = processStat
    .slice(processStat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [own, systemOwn, collected, systemCollected] = fields.slice(11, 15)
  return {
    own: ((own ?? 0) + (systemOwn ?? 0)) / TICKS_A_SECOND,
    collected: ((collected ?? 0) + (systemCollected ?? 0)) / TICKS_A_SECOND,
  }
}

/**
 * What is left of the machine when our own processes are taken away: others who work on it, as a share of all its
 * processors. Two readings that are not of one moment can differ by a tick, which is nobody.
 */
export function foreignShare(used: { machine: number; ours: number; seconds: number; processors: number }): number {
  const { machine, ours, seconds, processors } = used
  return Math.max(0, machine - ours) / (seconds * processors)
}

export function busySeconds(): number {
  return busySecondsIn(readFileSync('/proc/stat', 'utf8'))
}

/** Of a process, its children and theirs, also those that have ended. One that is gone used nothing more. */
export function familySeconds(pid: number): number {
  return familyOf(pid).reduce((sum, member) => sum + secondsOf(member), 0)
}

function secondsOf(pid: number): number {
  const stat = readIfThere(`/proc/${pid}/stat`)
  if (stat === null) return 0
  const { own, collected } = processSecondsIn(stat)
  return own + collected
}

export function familyOf(pid: number): number[] {
  const threads = readIfThere(`/proc/${pid}/task/${pid}/children`)
  const children = (threads ?? '').split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(familyOf)]
}

/** In bytes: what lies in memory now, and the most that ever did. */
export function memoryOf(pid: number): { resident: number; peak: number } {
  const status = readIfThere(`/proc/${pid}/status`) ?? ''
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN)
  return { resident: kilobytes('VmRSS') * 1024, peak: kilobytes('VmHWM') * 1024 }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
