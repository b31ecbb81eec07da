import type { Generator } from '../load/start-generator.ts'
import type { Cores } from '../machines/cores.ts'
import type { World } from '../machines/world.ts'
import type { Finding } from './finding.ts'

/** How much of everything. */
export interface Effort {
  pairs: number
  windowSeconds: number
  warmUpSeconds: number
  /** How often a server is started to see how long that takes. */
  starts: number
  /** How long a server rests, or works, before its memory is read. */
  memorySeconds: { idle: number; load: number }
  /** How many people sign in to see what Redis keeps of them. */
  sessions: number
  /** Of the larger of the two schools that are compared. */
  population: number
  /** The share of the processors that others may use before a figure is worth nothing. */
  foreignMax: number
}

export const FULL: Effort = {
  pairs: 5,
  windowSeconds: 3,
  warmUpSeconds: 2,
  starts: 7,
  memorySeconds: { idle: 10, load: 60 },
  sessions: 1_000,
  population: 1_000_000,
  foreignMax: 0.1,
}

export const QUICK: Effort = {
  pairs: 2,
  windowSeconds: 1,
  warmUpSeconds: 0.7,
  starts: 2,
  memorySeconds: { idle: 2, load: 5 },
  sessions: 100,
  population: 20_000,
  foreignMax: 0.1,
}

/** What every measurement needs. */
export interface Bench {
  effort: Effort
  cores: Cores
  generator: Generator
  world: World
  random(): number
  /** Says what is being done within the operation that is under way. */
  progress(step: string): void
}

export interface Operation {
  /** What `--only` looks for. */
  operation: string
  title: string
  measure(bench: Bench): Promise<Finding>
}
