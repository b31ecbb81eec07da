/** Round trips, queries and signatures of one operation, as the server itself counts them: they carry no noise. */
import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { readExposition } from '../../test/support/exposition.ts'
import { type Costs, costsBetween, costsIn } from '../../test/support/scraped-costs.ts'
import type { ScenarioName } from '../load/scenarios.ts'
import type { MeasuredCampus } from '../machines/campus.ts'
import type { Bench } from './bench-tools.ts'
import type { Counts } from './finding.ts'

const TIMES = 50
/** One after the other, so that nothing is written together that would be written apart. */
const SLOTS = 1
const SECONDS_MAX = 10

export async function countsOf(
  { generator, progress }: Pick<Bench, 'generator' | 'progress'>,
  { target, metricsPort }: MeasuredCampus,
  scenario: ScenarioName,
): Promise<Counts> {
  progress('counting')
  const aim = { target, scenario, slots: SLOTS }
  await generator.prepare({ ...aim, kind: 'restock', times: TIMES + 1 })
  await generator.load({ ...aim, kind: 'closed', seconds: SECONDS_MAX, times: 1 })
  const before = await scrape(metricsPort)
  const { done } = await generator.load({ ...aim, kind: 'closed', seconds: SECONDS_MAX, times: TIMES })
  const costs = [...costsBetween(before, await scrape(metricsPort))]
  const each = (kind: string) =>
    costs.filter(([name]) => name.startsWith(kind)).reduce((sum, [, count]) => sum + count, 0) / done
  return {
    redis: each('redis '),
    postgres: each('postgres '),
    signatures: each('signature '),
    calls: Object.fromEntries(costs.map(([name, count]) => [name, count / done])),
  }
}

async function scrape(port: number): Promise<Costs> {
  return costsIn(readExposition(await read(port)))
}

function read(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({ host: '127.0.0.1', port, path: '/metrics', agent: false }, (response) =>
      resolve(text(response)),
    )
    asked.on('error', reject)
  })
}
