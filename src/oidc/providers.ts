/**
 * The library knows no change of keys: for each phase of the signing keys there is a Provider of its own, built ahead
 * and put to use at its time. Requests that are under way finish with the one with which they began.
 */
import type { Campus } from '../campus.ts'
import type { Phase, SigningKey } from '../keys/keys.ts'

export interface Providers<Instance> {
  /** To be asked once a request; never kept. */
  present(): Instance
  /** The keys are followed no more. */
  close(): void
}

type Needs = Pick<Campus, 'log' | 'keyrings'>

export async function holdProviders<Instance>(
  { log, keyrings }: Needs,
  build: (keys: readonly SigningKey[]) => Promise<Instance>,
): Promise<Providers<Instance>> {
  const instances = new WeakMap<Phase<SigningKey>, Instance>()
  /** By the identifiers of their keys, in their order: where these stay as they were, so does the instance. */
  let known: ReadonlyMap<string, Instance> = new Map()
  let last: Instance | null = null

  async function prepare(phases: readonly Phase<SigningKey>[]): Promise<void> {
    const prepared = new Map<string, Instance>()
    for (const phase of phases) {
      const names = namesOf(phase.keys)
      const instance = prepared.get(names) ?? known.get(names) ?? (await build(phase.keys))
      prepared.set(names, instance)
      instances.set(phase, instance)
    }
    known = prepared
  }

  // First, or what changes while the first one is being built would have none.
  const close = keyrings.whenSigningKeysChange(prepare)
  try {
    await prepare([...keyrings.signing()])
  } catch (error) {
    close()
    throw error
  }
  return {
    present() {
      const [phase] = keyrings.signing()
      const instance = phase && instances.get(phase)
      if (!instance) throw new Error('there is no provider for the present keys')
      if (last && last !== instance) log.info({ keys: namesOf(phase.keys) }, 'goes on with these signing keys')
      last = instance
      return instance
    },
    close,
  }
}

function namesOf(keys: readonly SigningKey[]): string {
  return keys.map(({ kid }) => kid).join(' ')
}
