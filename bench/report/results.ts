/** What stays of a run: the table for people, the same for machines, and a picture. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Effort } from '../operations/bench-tools.ts'
import type { Finding } from '../operations/finding.ts'
import type { Surroundings } from './machine.ts'
import { barsOf } from './plot.ts'
import { faultLines, HEADINGS, rowOf } from './rows.ts'
import { svgPlot } from './svg.ts'

export interface Results {
  surroundings: Surroundings
  effort: Effort
  findings: Finding[]
}

/** Answers the paths without their endings. */
export function writeResults(folder: string, results: Results): string {
  const { at, commit } = results.surroundings
  const path = join(folder, `${at.slice(0, 10)}-${commit.replace('+', '-changed')}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${path}.json`, `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(`${path}.md`, markdown(results))
  writeFileSync(`${path}.svg`, svgPlot(barsOf(results.findings), `Campus ID ${commit}, ${at.slice(0, 10)}`))
  return path
}

export function markdown({ surroundings, effort, findings }: Results): string {
  const { at, commit, processor, cores, memoryGigabytes, system, node, provider, postgres, redis } = surroundings
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const faults = faultLines(findings)
  return [
    `# ${at.slice(0, 10)}, ${commit}`,
    '',
    `${processor}, ${cores} cores, ${memoryGigabytes} GB, ${system}; Node ${node}, oidc-provider ${provider},`,
    `${postgres}, ${redis}.`,
    '',
    `${effort.pairs} pairs of ${effort.windowSeconds} s; what had more than ${effort.foreignMax * 100} % foreign CPU`,
    'is left out.',
    '',
    line(HEADINGS),
    line(HEADINGS.map(() => '---')),
    ...findings.map((finding) => line(rowOf(finding))),
    '',
    '## Faults',
    '',
    ...(faults.length > 0 ? faults.map((fault) => `- ${fault}`) : ['None.']),
    '',
  ].join('\n')
}
