/**
 * `npm run faults`: every fault in full, and a table at the end. `FAULT_SEED` repeats the choices of a run,
 * `FAULT_ROUNDS` asks for other than twenty; words behind `--` choose files. The histories stay where it says.
 */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Verdict } from '../test/support/history-checker.ts'

const say = (text: string) => process.stdout.write(`${text}\n`)

const folder = mkdtempSync(join(tmpdir(), 'campus-id-faults-'))
const settings = {
  FAULT_SEED: process.env['FAULT_SEED'] ?? String(randomInt(1_000_000)),
  FAULT_ROUNDS: process.env['FAULT_ROUNDS'] ?? '20',
  FAULT_LOCK_SECONDS: process.env['FAULT_LOCK_SECONDS'] ?? '30',
  RACE_CODES: process.env['RACE_CODES'] ?? '10000',
  FAULT_ROTATIONS: process.env['FAULT_ROTATIONS'] ?? '100',
  FAULT_RESTARTS: process.env['FAULT_RESTARTS'] ?? '50',
  FAULT_HISTORIES: folder,
}
say(`seed ${settings.FAULT_SEED}, ${settings.FAULT_ROUNDS} rounds of each fault, histories in ${folder}`)

const chosen = process.argv.slice(2)
const failed: string[] = []
if ((await run('races', chosen)) !== 0) failed.push('races')
if ((await run('faults', chosen)) !== 0) failed.push('faults')

const verdicts = readdirSync(folder)
  .filter((name) => name.endsWith('.verdict.json'))
  .map((name): Verdict & { name: string } => JSON.parse(readFileSync(join(folder, name), 'utf8')))
const columns = ['', 'rounds', 'operations', 'errors', 'longest errors', 'longest wait', 'violations']
const rows = verdicts.map(({ name, faults, operations, longestErrors, longestWait, violations }) => {
  const { ok, refused, unavailable, error, timeout } = operations
  const bad = unavailable + error + timeout
  const milliseconds = (length: number) => `${Math.round(length)} ms`
  const counts = [faults, ok + refused + bad, bad, milliseconds(longestErrors), milliseconds(longestWait)]
  return [name, ...counts, violations.length].map(String)
})
const widths = columns.map((column, at) => Math.max(column.length, ...rows.map((row) => row[at]?.length ?? 0)))
for (const row of [columns, ...rows]) say(row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '))
const violations = verdicts.flatMap(({ name, violations: all }) =>
  all.map(({ rule, says }) => `${name}: ${rule}: ${says}`),
)
for (const violation of violations) say(`✗ ${violation}`)
for (const suite of failed)
  say(`✗ the ${suite} did not all pass: see above, and repeat with FAULT_SEED=${settings.FAULT_SEED}`)
process.exitCode = failed.length + violations.length > 0 ? 1 : 0

/** Shows all that jest says while it goes on. */
function run(project: string, paths: readonly string[]): Promise<number> {
  const root = resolve(import.meta.dirname, '..')
  const machine = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'test/machine/jest.ts']
  const options = ['--selectProjects', project, '--runInBand', '--passWithNoTests', ...paths]
  const child = spawn(process.execPath, [...machine, ...options], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...settings },
  })
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
}
