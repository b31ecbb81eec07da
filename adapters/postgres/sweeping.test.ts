import { expect, test } from '@jest/globals'
import { until } from '../../test/support/until.ts'
import { startSweeping } from './sweeping.ts'

test('sweeps again while there is more, goes on after a failure, and stops', async () => {
  const answers = [1_000, 1_200, 3]
  const warnings: unknown[] = []
  let sweeps = 0
  const store = {
    async sweep() {
      sweeps++
      const removed = answers.shift()
      if (removed === undefined) throw new Error('away')
      return removed
    },
  }
  const sweeping = startSweeping(store, { log: { warn: (seen: unknown) => warnings.push(seen) }, everySeconds: 0.01 })
  await until('it was tried again after two failures', () => warnings.length >= 2)
  await sweeping.stop()
  expect(answers).toEqual([])
  const atTheEnd = sweeps
  await new Promise((resolve) => setImmediate(resolve))
  expect(sweeps).toBe(atTheEnd)
})
