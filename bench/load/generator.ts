/** The load generator, in a process of its own, away from the core of the server. Its parent tells it what to do. */
import { setTimeout as pause } from 'node:timers/promises'
import { openConnection } from './connection.ts'
import { personsBrowser } from './flows.ts'
import { closedLoop, type LoopTools, openLoop } from './loops.ts'
import type { Order, Ordered, Report } from './orders.ts'
import type { Tally } from './recorder.ts'
import { type Prepared, type Surroundings, scenarios, type Target } from './scenarios.ts'

const SLOTS = 32

const surroundings = new Map<string, Surroundings>()
const prepared = new Map<string, Promise<Prepared>>()

process.on('message', (ordered: Ordered) => {
  void answer(ordered).then((report) => process.send?.(report))
})
process.on('disconnect', () => process.exit())

async function answer({ id, order }: Ordered): Promise<Report> {
  try {
    return { id, tally: await carryOut(order) }
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) }
  }
}

async function carryOut(order: Order): Promise<Tally | null> {
  const around = surroundingsOf(order.target)
  const { step, restock } = await preparedOnce(order, around)
  const tools: LoopTools = { open: around.open, now: () => performance.now(), pause }
  if (order.kind === 'closed') return closedLoop(step, order, tools)
  if (order.kind === 'open') return openLoop(step, order, tools)
  if (order.kind === 'restock') await restock?.(order.times)
  return null
}

function preparedOnce({ target, scenario }: Order, around: Surroundings): Promise<Prepared> {
  const name = `${target.name} ${scenario}`
  const preparing = prepared.get(name) ?? scenarios[scenario](around)
  prepared.set(name, preparing)
  return preparing
}

function surroundingsOf(target: Target): Surroundings {
  const known = surroundings.get(target.name)
  if (known) return known
  let people = 0
  let browsers = 0
  const around: Surroundings = {
    target,
    slots: SLOTS,
    open: () => openConnection(target),
    nextPerson: () => (people++ % target.people) * (target.stride ?? 1),
    nextBrowser: () => personsBrowser(target, browsers++),
  }
  surroundings.set(target.name, around)
  return around
}
