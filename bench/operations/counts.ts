/** Round trips, queries and signatures of one operation, as the server itself counts them: they carry no noise. */
import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { readExposition } from '../../test/support/exposition.ts'
import type { ScenarioName } from '../load/scenarios.ts'
import type { MeasuredCampus } from '../machines/campus.ts'
import type { Bench } from './bench-tools.ts'
import type { Counts } from './finding.ts'

const TIMES = 50
/** One after the other, so that nothing is written together that would be written apart. */
const SLOTS = 1
const SECONDS_MAX = 10

/** What a process asks its stores of its own accord, however many people come. */
const OF_THE_HOUSE = /^(changes|leases)\.|\b(ping|sweep)$/

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
  const after = await scrape(metricsPort)
  const calls = Array.from(after, ([name, count]): [string, number] => [name, (count - (before.get(name) ?? 0)) / done])
  const happened = calls.filter(([, count]) => count > 0)
  const each = (kind: string) =>
    happened.filter(([name]) => name.startsWith(kind)).reduce((sum, [, count]) => sum + count, 0)
  return {
    redis: each('redis '),
    postgres: each('postgres '),
    signatures: each('signature '),
    calls: Object.fromEntries(happened.toSorted(([one], [other]) => (one < other ? -1 : 1))),
  }
}

/** How often everything happened that is counted here, from the start of the server. */
async function scrape(port: number): Promise<ReadonlyMap<string, number>> {
  const families = readExposition(await read(port))
  const samplesOf = (name: string) => families.get(name)?.samples ?? []
  const calls = samplesOf('campus_store_calls_total')
    .filter(({ labels }) => !OF_THE_HOUSE.test(labels['operation'] ?? ''))
    .map(({ labels, value }): [string, number] => [`${labels['store']} ${labels['operation']}`, value])
  const signatures = samplesOf('campus_signatures_total').map(({ labels, value }): [string, number] => [
    `signature ${labels['use']}`,
    value,
  ])
  return new Map([...calls, ...signatures])
}

function read(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({ host: '127.0.0.1', port, path: '/metrics', agent: false }, (response) =>
      resolve(text(response)),
    )
    asked.on('error', reject)
  })
}
