import { expect, test } from '@jest/globals'
import { takeClean } from './clean-windows.ts'

/** Answers one after the other, and counts how often it was asked. */
function taking(...shares: number[][]) {
  let times = 0
  const take = async () => (shares[times++] ?? []).map((foreign) => ({ foreign }))
  return { take, times: () => times }
}

test('what was measured on a quiet machine is taken once', async () => {
  const { take, times } = taking([0.02, 0.1])
  expect(await takeClean(take, { foreignMax: 0.1 })).toEqual({
    result: [{ foreign: 0.02 }, { foreign: 0.1 }],
    foreign: 0.1,
  })
  expect(times()).toBe(1)
})

test('one noisy half of a pair spoils both, and they are taken again', async () => {
  const { take, times } = taking([0.02, 0.3], [0.01, 0.02])
  expect((await takeClean(take, { foreignMax: 0.1 })).result).toEqual([{ foreign: 0.01 }, { foreign: 0.02 }])
  expect(times()).toBe(2)
})

test('on a machine that is never quiet there is no result, but how noisy it was at best', async () => {
  const { take, times } = taking([0.5, 0], [0.2, 0.1], [0.4, 0.4])
  expect(await takeClean(take, { foreignMax: 0.1 })).toEqual({ result: null, foreign: 0.2 })
  expect(times()).toBe(3)
})
