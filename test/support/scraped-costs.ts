/** What an act has cost a whole server, by its own account: for the bench, and for tests of what includes the pages. */
import type { Family } from './exposition.ts'

/** How often each thing happened that costs something, by its name: `redis read`, `signature id_token`. */
export type Costs = ReadonlyMap<string, number>

/** What a process asks its stores of its own accord, however many people come. */
const OF_THE_HOUSE = /^(changes|leases|marks)\.|\b(ping|sweep)$/

/** Since the server started. */
export function costsIn(families: ReadonlyMap<string, Family>): Costs {
  const samplesOf = (name: string) => families.get(name)?.samples ?? []
  const calls = samplesOf('campus_store_calls_total')
    .filter(({ labels }) => !OF_THE_HOUSE.test(labels['operation'] ?? ''))
    .map(({ labels, value }): [string, number] => [`${labels['store']} ${labels['operation']}`, value])
  const signatures = samplesOf('campus_signatures_total').map(({ labels, value }): [string, number] => [
    `signature ${labels['use']}`,
    value,
  ])
  const hashes = samplesOf('campus_hashing_jobs_total')
    .filter(({ labels }) => labels['result'] === 'done')
    .map(({ value }): [string, number] => ['hash', value])
  return new Map([...calls, ...signatures, ...hashes])
}

/** What happened meanwhile; what did not is left out. In the order of the names. */
export function costsBetween(before: Costs, after: Costs): Costs {
  const grown = Array.from(after, ([name, count]): [string, number] => [name, count - (before.get(name) ?? 0)])
  return new Map(grown.filter(([, count]) => count > 0).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
