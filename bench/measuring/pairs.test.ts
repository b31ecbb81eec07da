import { expect, test } from '@jest/globals'
import { takePairs } from './pairs.ts'

function taking(count: number, foreignOf: (turn: number) => number) {
  const order: string[] = []
  let turn = 0
  const take = (side: string) => async () => {
    order.push(side)
    turn++
    return { foreign: foreignOf(turn), turn }
  }
  const wanted = { count, foreignMax: 0.1, first: take('B'), second: take('ours'), progress: () => undefined }
  return { wanted, order }
}

test('the two take turns', async () => {
  const { wanted, order } = taking(3, () => 0)
  const { pairs, faults } = await takePairs(wanted)
  expect(order).toEqual(['B', 'ours', 'B', 'ours', 'B', 'ours'])
  expect(pairs?.map(([first, second]) => [first.turn, second.turn])).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ])
  expect(faults).toEqual([])
})

test('a pair that was never quiet is left out, and said so', async () => {
  const { wanted } = taking(5, (turn) => (turn <= 6 ? 0.2 : 0))
  const { pairs, faults } = await takePairs(wanted)
  expect(pairs).toHaveLength(4)
  expect(faults).toEqual(['1 of 5 pairs not measured: foreign CPU 20 %'])
})

test('of too few pairs nothing is said', async () => {
  const { wanted } = taking(5, (turn) => (turn <= 18 ? 0.2 : 0))
  const { pairs, faults } = await takePairs(wanted)
  expect(pairs).toBeNull()
  expect(faults).toEqual(['3 of 5 pairs not measured: foreign CPU 20 %'])
})
