import { expect, test } from '@jest/globals'
import type { Keyrings, Phase, SigningKey } from '../keys/keys.ts'
import { holdProviders } from './providers.ts'

function openLog() {
  const lines: string[] = []
  return { lines, log: { info: (_fields: unknown, line: string) => void lines.push(line) } as never }
}

const { log } = openLog()

function phaseOf(kid: string): Phase<SigningKey> {
  return { from: new Date('2026-09-01T00:00:00Z'), keys: [{ kid, alg: 'ES256', use: 'sig', kty: 'EC' }] }
}

/** Keys that change when the test says so; as in src/keys, only once everybody who asked has prepared for them. */
function changingKeys(first: Phase<SigningKey>) {
  let phases: readonly Phase<SigningKey>[] = [first]
  const listeners = new Set<Parameters<Keyrings['whenSigningKeysChange']>[0]>()
  const keyrings: Pick<Keyrings, 'signing' | 'whenSigningKeysChange'> = {
    signing: () => phases,
    whenSigningKeysChange(prepare) {
      listeners.add(prepare)
      return () => void listeners.delete(prepare)
    },
  }
  async function change(next: readonly Phase<SigningKey>[]): Promise<void> {
    await Promise.all([...listeners].map((prepare) => prepare(next)))
    phases = next
  }
  return { keyrings: keyrings as Keyrings, change }
}

const build = async (keys: readonly SigningKey[]) => keys.map(({ kid }) => kid).join(' ')

test('the provider of the present keys answers, and after a change that of the next', async () => {
  const { keyrings, change } = changingKeys(phaseOf('one'))
  const { present } = await holdProviders({ log, keyrings }, build)
  expect(present()).toBe('one')
  await change([phaseOf('two')])
  expect(present()).toBe('two')
})

test('keys that change while the first provider is being built have one too', async () => {
  const { keyrings, change } = changingKeys(phaseOf('one'))
  const begun = Promise.withResolvers<void>()
  const mayGoOn = Promise.withResolvers<void>()
  const held = holdProviders({ log, keyrings }, async (keys) => {
    begun.resolve()
    await mayGoOn.promise
    return build(keys)
  })
  await begun.promise
  const changed = change([phaseOf('two')])
  mayGoOn.resolve()
  await changed
  expect((await held).present()).toBe('two')
})

test('the log tells of keys that are other ones, and not of a look that found the same', async () => {
  const { log, lines } = openLog()
  const { keyrings, change } = changingKeys(phaseOf('one'))
  const { present } = await holdProviders({ log, keyrings }, build)
  present()
  await change([phaseOf('one')])
  present()
  expect(lines).toEqual([])
  await change([phaseOf('two')])
  present()
  expect(lines).toEqual(['goes on with these signing keys'])
})
