import type { Target } from '../load/scenarios.ts'
import type { RunningProgram } from './program.ts'

export interface MeasuredServer extends RunningProgram {
  readonly target: Target
}
