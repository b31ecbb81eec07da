/** `npm run bench`: starts the baseline and Campus ID, measures both, says what it found. See bench/README.md. */
import { join, resolve } from 'node:path'
import { buildTree } from '../scripts/build-tree.ts'
import { table } from '../src/terminal/terminal.ts'
import { startGenerator } from './load/start-generator.ts'
import { chooseCores } from './machines/cores.ts'
import { openWorld } from './machines/world.ts'
import { seededRandom } from './measuring/statistics.ts'
import type { Bench, Operation } from './operations/bench-tools.ts'
import type { Finding } from './operations/finding.ts'
import { OPERATIONS } from './operations/plan.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { showProgress } from './progress.ts'
import { surroundings } from './report/machine.ts'
import { barsOf, textPlot } from './report/plot.ts'
import { type Results, writeResults } from './report/results.ts'
import { faultLines, HEADINGS, rowOf } from './report/rows.ts'

const TOP = resolve(import.meta.dirname, '..')
/** Whoever breaks it off finds no server left behind: what was started is stopped at the next step. */
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupted.abort(new Error('broken off')))
}

const RESULTS = join(TOP, 'bench/results')

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') {
    process.stdout.write(USAGE)
    return 0
  }
  if (buildTree(TOP) === 'failed') return 1
  const results: Results = {
    surroundings: surroundings(new Date()),
    effort: options.effort,
    findings: await measure(options),
  }
  say(results, options)
  return 0
}

async function measure({ effort, only }: Options): Promise<Finding[]> {
  const wanted = OPERATIONS.filter(
    ({ operation }) => only.length === 0 || only.some((word) => operation.includes(word)),
  )
  const progress = showProgress(process.stderr, { operations: wanted.length, now: () => performance.now() })
  await using stack = new AsyncDisposableStack()
  const cores = chooseCores()
  const generator = stack.adopt(await startGenerator({ cores: cores.others }), ({ stop }) => stop())
  const world = await openWorld(cores, stack)
  const bench: Bench = {
    ...{ effort, cores, generator, world, random: seededRandom(1) },
    progress(step) {
      interrupted.signal.throwIfAborted()
      progress.step(step)
    },
  }
  const findings: Finding[] = []
  for (const operation of wanted) {
    progress.operation(operation.title)
    findings.push(await measureOne(operation, bench))
  }
  progress.end()
  return findings
}

/** What fails costs its own row, and not those of the others. */
async function measureOne(wanted: Operation, bench: Bench): Promise<Finding> {
  const { operation, title } = wanted
  try {
    return await wanted.measure(bench)
  } catch (error) {
    if (interrupted.signal.aborted) throw error
    const fault = error instanceof Error ? error.message : String(error)
    return { operation, title, must: '', verdict: 'not measured', faults: [fault] }
  }
}

function say(results: Results, { json, keep }: Options): void {
  const path = keep ? writeResults(RESULTS, results) : null
  if (json) {
    process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
    return
  }
  const { findings } = results
  process.stdout.write(`\n${table(HEADINGS, findings.map(rowOf))}\n${textPlot(barsOf(findings))}`)
  for (const fault of faultLines(findings)) process.stdout.write(`! ${fault}\n`)
  if (path) process.stdout.write(`\nkept in ${path}.{md,json,svg}\n`)
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!interrupted.signal.aborted) throw error
  process.stderr.write('\nbroken off; what was started is stopped\n')
  process.exitCode = 130
}
