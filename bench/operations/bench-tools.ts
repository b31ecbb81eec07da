import type { Generator } from '../load/start-generator.ts'
import type { Cores } from '../machines/cores.ts'

/** How much of everything. */
export interface Effort {
  pairs: number
  windowSeconds: number
  warmUpSeconds: number
  /** The share of the processors that others may use before a figure is worth nothing. */
  foreignMax: number
}

export const FULL: Effort = { pairs: 5, windowSeconds: 3, warmUpSeconds: 2, foreignMax: 0.1 }
export const QUICK: Effort = { pairs: 2, windowSeconds: 1, warmUpSeconds: 0.7, foreignMax: 0.1 }

/** What every measurement needs. */
export interface Bench {
  effort: Effort
  cores: Cores
  generator: Generator
  random(): number
  /** Says what is being done within the operation that is under way. */
  progress(step: string): void
}
