import { expect, test } from '@jest/globals'
import { sweeping } from './sweeping.ts'

function swept(answers: readonly number[]) {
  const left = [...answers]
  const work = sweeping('samples', async () => {
    const removed = left.shift()
    if (removed === undefined) throw new Error('swept once too often')
    return removed
  })
  return { work, left }
}

test('sweeps again while there is more', async () => {
  const { work, left } = swept([1_000, 1_200, 3])
  await work.run({ mayGoOn: async () => true })
  expect(left).toEqual([])
})

test('leaves the rest where it may not go on', async () => {
  const { work, left } = swept([1_000, 1_000, 1_000])
  let asked = 0
  await work.run({ mayGoOn: async () => ++asked < 2 })
  expect(left).toEqual([1_000])
})

test('passes a failure on to whoever runs it', async () => {
  await expect(swept([1_000]).work.run({ mayGoOn: async () => true })).rejects.toThrow('swept once too often')
})
