/**
 * The library knows no change of keys: for each phase of the signing keys there is a Provider of its own, built ahead
 * and put to use at its time. Requests that are under way finish with the one with which they began.
 */
import type { Campus } from '../campus.ts'
import type { Phase, SigningKey } from '../keys/keys.ts'

interface Held<Instance> {
  from: Date
  /** The identifiers of its keys, in their order. */
  keys: string
  instance: Instance
}

export interface Providers<Instance> {
  /** To be asked once a request; never kept. */
  present(): Instance
  /** The keys are followed no more. */
  close(): void
}

type Needs = Pick<Campus, 'clock' | 'log' | 'keyrings'>

export async function holdProviders<Instance>(
  { clock, log, keyrings }: Needs,
  build: (keys: readonly SigningKey[]) => Promise<Instance>,
): Promise<Providers<Instance>> {
  let held: Held<Instance>[] = []

  async function follow(): Promise<void> {
    const before = held
    held = await Promise.all(keyrings.signing().map((phase) => hold(phase, before)))
  }

  async function hold({ from, keys }: Phase<SigningKey>, before: Held<Instance>[]): Promise<Held<Instance>> {
    const names = keys.map(({ kid }) => kid).join(' ')
    const instance = before.find((one) => one.keys === names)?.instance ?? (await build(keys))
    return { from, keys: names, instance }
  }

  await follow()
  return {
    present() {
      const now = clock()
      while (held[1] && held[1].from <= now) {
        held.shift()
        log.info({ keys: held[0]?.keys.split(' ') }, 'the keys that sign, or are published, have changed')
      }
      const [first] = held
      if (!first) throw new Error('there is no provider')
      return first.instance
    },
    close: keyrings.whenSigningKeysChange(follow),
  }
}
