import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Load, Order, Ordered, Preparation, Report } from './orders.ts'
import type { Tally } from './recorder.ts'

const PROGRAM = resolve(import.meta.dirname, 'generator.ts')

export interface Generator {
  readonly pid: number
  /** The first order of a scenario also prepares it. Loads can go on side by side. */
  load(load: Load): Promise<Tally>
  prepare(preparation: Preparation): Promise<void>
  stop(): Promise<void>
}

export async function startGenerator({ cores }: { cores: string }): Promise<Generator> {
  const words = ['-c', cores, process.execPath, '--disable-warning=ExperimentalWarning', PROGRAM]
  const child = spawn('taskset', words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await once(child, 'spawn')
  const waiting = new Map<number, (report: Report) => void>()
  let lastId = 0
  child.on('message', (report: Report) => {
    waiting.get(report.id)?.(report)
  })
  child.on('exit', (code) => {
    for (const [id, settle] of waiting) settle({ id, error: `the load generator ended with ${code}` })
  })

  async function order(wanted: Order): Promise<Tally | null> {
    const id = ++lastId
    const ordered: Ordered = { id, order: wanted }
    const report = await new Promise<Report>((settle) => {
      waiting.set(id, settle)
      // Without a callback a generator that is gone would end the bench, and leave its servers behind.
      child.send(ordered, (error) => {
        if (error) settle({ id, error: `the load generator takes no orders: ${error.message}` })
      })
    })
    waiting.delete(id)
    if ('error' in report) throw new Error(`${wanted.target.name}, ${wanted.scenario}: ${report.error}`)
    return report.tally
  }

  return {
    pid: child.pid ?? 0,
    async load(load) {
      const tally = await order(load)
      if (tally === null) throw new Error('a load without a tally')
      return tally
    },
    async prepare(preparation) {
      await order(preparation)
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null || !child.connected) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
