/** What the bench tells its generator, and what comes back. */
import type { ClosedLoop, OpenLoop } from './loops.ts'
import type { Tally } from './recorder.ts'
import type { ScenarioName, Target } from './scenarios.ts'

interface Aim {
  target: Target
  scenario: ScenarioName
}

export type Load = Aim & (({ kind: 'closed' } & ClosedLoop) | ({ kind: 'open' } & OpenLoop))

export type Preparation = Aim & ({ kind: 'prepare' } | { kind: 'restock'; times: number })

export type Order = Load | Preparation

export interface Ordered {
  id: number
  order: Order
}

export type Report = { id: number; tally: Tally | null } | { id: number; error: string }
