/** What the bench tells its generator, and what comes back. */
import type { ClosedLoop, OpenLoop } from './loops.ts'
import type { Tally } from './recorder.ts'
import type { ScenarioName, Target } from './scenarios.ts'

export type Order = { target: Target; scenario: ScenarioName } & (
  | { kind: 'prepare' }
  | { kind: 'restock'; times: number }
  | ({ kind: 'closed' } & ClosedLoop)
  | ({ kind: 'open' } & OpenLoop)
)

export interface Ordered {
  id: number
  order: Order
}

export type Report = { id: number; tally: Tally | null } | { id: number; error: string }
