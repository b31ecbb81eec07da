/** The budgets of visits (src/oidc/crowd-control.ts) as a test meets them: used up without that many visits. */
import type { ProviderWorld } from './provider-world.ts'

type World = Pick<ProviderWorld, 'needs' | 'store'>

function keysOf({ store }: World, kind = ''): string[] {
  const keys = store.calls.filter(({ operation }) => operation === 'count').map(({ key }) => key)
  return [...new Set(keys)].filter((key) => key.startsWith(`oidc:visits:${kind}`))
}

/** Adds so many to every budget of this kind that a visit was counted against. */
export async function fillVisits(world: World, kind: string, visits: number): Promise<void> {
  for (const key of keysOf(world, kind)) await world.needs.expiring.count(key, { seconds: 900, by: visits })
}

export async function visitsCounted(world: World): Promise<Map<string, number>> {
  const counts = keysOf(world).map(async (key): Promise<[string, number]> => {
    return [key, (await world.needs.expiring.count(key, { seconds: 900, by: 0 })).count]
  })
  return new Map(await Promise.all(counts))
}
